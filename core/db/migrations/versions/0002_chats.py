"""What more than one chat network needs: replies, arrivals, whose conversation it is"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("chat") as chat:
        chat.add_column(sa.Column("member_id", Id, nullable=True))
        chat.create_foreign_key(op.f("fk_chat_member_id"), "member", ["member_id"], ["id"])
        chat.create_index(op.f("ix_chat_member_id"), ["member_id"])
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("reply_to", sa.String(length=64), nullable=True))
        outbox.add_column(sa.Column("unsure", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("cut") as cut:
        cut.add_column(sa.Column("asked_on", sa.String(length=64), nullable=True))
    op.create_table(
        "arrival",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("chat_id", Id, nullable=False),
        sa.Column("member_id", Id, nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("in_json", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault_json", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_arrival_chat_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_arrival_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival")),
        sa.UniqueConstraint("key", name=op.f("uq_arrival_key")),
    )
    with op.batch_alter_table("arrival") as arrival:
        arrival.create_index("ix_arrival_due", ["state", "not_before"])
        arrival.create_index(op.f("ix_arrival_chat_id"), ["chat_id"])
        arrival.create_index(op.f("ix_arrival_member_id"), ["member_id"])
    _name_private_conversations()


def _name_private_conversations() -> None:
    """On the web a conversation bears the number of its member."""
    op.execute(
        "UPDATE chat SET member_id = (SELECT member.id FROM member "
        "WHERE CAST(member.id AS VARCHAR(64)) = chat.chat) WHERE network = 'web' AND title = ''"
    )


def downgrade() -> None:
    raise NotImplementedError("we only migrate upward; restore a backup instead")
