"""What Telegram hands over, and what it calls our files"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "update_taken",
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("number", Id, nullable=False),
        sa.Column("body_json", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_update_taken")),
        sa.UniqueConstraint("owner", "number", name=op.f("uq_update_taken_owner_number")),
    )
    op.create_table(
        "remote_file",
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("media_key", sa.String(length=240), nullable=False),
        sa.Column("names_json", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remote_file")),
        sa.UniqueConstraint("owner", "media_key", name=op.f("uq_remote_file_owner_media_key")),
    )


def downgrade() -> None:
    raise NotImplementedError("we only migrate upward; restore a backup instead")
