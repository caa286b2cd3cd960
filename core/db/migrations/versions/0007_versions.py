"""Clips have versions, and a post keeps the one that was approved"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0004"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("render") as render:
        render.drop_constraint("uq_render_clip_id_format", type_="unique")
        render.add_column(sa.Column("recipe_json", sa.JSON(), nullable=True))
        render.add_column(sa.Column("words_json", sa.JSON(), nullable=True))
        render.add_column(sa.Column("before_id", Id, nullable=True))
    op.add_column("clip", sa.Column("render_id", Id, nullable=True))
    op.add_column("clip", sa.Column("wanted_json", sa.JSON(), nullable=True))
    op.add_column("post", sa.Column("render_id", Id, nullable=True))
    # There was one version of each; posts that wait were approved with it.
    op.execute(
        "UPDATE post SET render_id ="
        " (SELECT max(render.id) FROM render JOIN clip ON clip.id = render.clip_id"
        " WHERE clip.id = post.clip_id AND render.format = clip.format)"
    )


def downgrade() -> None:
    raise NotImplementedError("we only migrate upward; restore a backup instead")
