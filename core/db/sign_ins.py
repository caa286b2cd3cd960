"""Sign-ins under way: begun here, and taken once when the platform sends somebody back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import OAuthRow

OAUTH_LIFE = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in somebody began, taken once."""

    workspace_id: int
    member_id: int
    chat_id: int
    platform: str
    redirect_uri: str
    verifier_sealed: str


async def begin_sign_in(tx: AsyncSession, state_hash: str, to: SignIn, now: datetime) -> None:
    tx.add(
        OAuthRow(
            state_hash=state_hash,
            workspace_id=to.workspace_id,
            member_id=to.member_id,
            chat_id=to.chat_id,
            platform=to.platform,
            redirect_uri=to.redirect_uri,
            verifier_sealed=to.verifier_sealed,
            created_at=now,
            expires_at=now + OAUTH_LIFE,
        )
    )
    await tx.flush()


async def take_sign_in(tx: AsyncSession, state_hash: str, now: datetime) -> SignIn | None:
    """None when the state is unknown, used or too old. It works once."""
    taken = await tx.scalar(
        update(OAuthRow)
        .where(
            OAuthRow.state_hash == state_hash,
            OAuthRow.used_at.is_(None),
            OAuthRow.expires_at > now,
        )
        .values(used_at=now)
        .returning(OAuthRow.id)
    )
    if taken is None:
        return None
    row = await tx.get_one(OAuthRow, taken)
    return SignIn(
        row.workspace_id,
        row.member_id,
        row.chat_id,
        row.platform,
        row.redirect_uri,
        row.verifier_sealed,
    )
