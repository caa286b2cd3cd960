"""A handful of things remembered over restarts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002b"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "kept",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept")),
        sa.UniqueConstraint("name", name=op.f("uq_kept_name")),
    )


def downgrade() -> None:
    raise NotImplementedError("we only migrate upward; restore a backup instead")
