"""Circuit breakers, and the order of the posts of an account"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002b"
down_revision = "0002"
branch_labels = None
depends_on = None

_NOT_OUT = sa.text("state IN ('scheduled', 'deferred', 'claimed', 'preparing', 'committing')")


def upgrade() -> None:
    op.create_table(
        "breaker",
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("trips", sa.Integer(), nullable=False),
        sa.Column("probe_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why_json", sa.JSON(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breaker")),
        sa.UniqueConstraint("scope", name=op.f("uq_breaker_scope")),
    )
    op.add_column("target", sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("target", sa.Column("looks", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE target SET planned_at = (SELECT due_at FROM post WHERE post.id = target.post_id)"
    )
    op.drop_index("ix_target_due", table_name="target")
    op.create_index("ix_target_next", "target", ["due_at"])
    op.create_index(
        "ix_target_order",
        "target",
        ["account_id", "planned_at"],
        postgresql_where=_NOT_OUT,
        sqlite_where=_NOT_OUT,
    )
