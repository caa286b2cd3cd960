"""How posts fare, at a few ages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "figure",
        sa.Column("target_id", Id, nullable=False),
        sa.Column("age_h", sa.Integer(), nullable=False),
        *(sa.Column(name, Id, nullable=True) for name in ("views", "likes", "comments", "shares")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name=op.f("fk_figure_target_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure")),
        sa.UniqueConstraint("target_id", "age_h", name=op.f("uq_figure_target_id_age_h")),
    )
    op.create_index(op.f("ix_figure_target_id"), "figure", ["target_id"])
    op.create_index("ix_target_published_at", "target", ["published_at"])


def downgrade() -> None:
    raise NotImplementedError("we only migrate upward; restore a backup instead")
