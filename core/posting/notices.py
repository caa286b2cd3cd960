"""What the chat is told about a post, in the transaction that made it true."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.chat import acts
from core.chat.message import Act, Button, Out, Rows
from core.db import chats, outbox, people, posts, videos
from core.db.targets import Claim
from core.publish.base import platform_classes
from core.publish.outcome import Seen
from core.publish.views import AccountView
from core.say import Fact, Link, Say, When, say


def platform_name(platform: str) -> str:
    """As it writes itself."""
    found = platform_classes().get(platform)
    return found.title if found else platform.title()


def _called(account: AccountView) -> Fact:
    """`TikTok`, or `practice TikTok`, which nobody else sees."""
    name = platform_name(account.platform)
    return say("post.practice", platform=name) if account.practice else name


async def tell(
    tx: AsyncSession,
    claim: Claim,
    account: AccountView,
    key: str,
    now: datetime,
    *,
    about: Say | None = None,
    buttons: Rows = (),
    until: datetime | None = None,
    **facts: Fact,
) -> None:
    """One message about one target; said once per state and claim."""
    clip = await videos.clip(tx, claim.clip_id)
    what = say(
        f"post.{key}",
        title=clip.title,
        platform=_called(account),
        username=account.username,
        **({"until": When(until)} if until else {}),
        **facts,
    )
    text = (what, about) if about else (what,)
    out = Out(text, buttons, calls=await _whom(tx, claim))
    await outbox.say(
        tx, claim.chat_id, out, key=f"target:{claim.id}:{key}:{claim.fence}", now=now, urgent=True
    )


async def _whom(tx: AsyncSession, claim: Claim) -> str | None:
    """Where others read along: whoever planned it."""
    chat = await chats.conversation(tx, claim.chat_id)
    if not chat.title:
        return None
    member_id = await posts.planned_by(tx, claim.post_id)
    return await people.name_on(tx, member_id, chat.where.network)


def _button(label: str, name: str, target_id: int, main: bool = False) -> Button:
    return Button(
        say(f"post.button_{label}"), Act.of(name, target_id), style="main" if main else "plain"
    )


def unsure_buttons(target_id: int) -> Rows:
    return (
        (
            _button("there", acts.TARGET_YES, target_id),
            _button("not_there", acts.TARGET_NO, target_id),
            _button("look", acts.TARGET_LOOK, target_id, main=True),
        ),
    )


def missed_buttons(target_id: int) -> Rows:
    return (
        (
            _button("now", acts.MISSED_NOW, target_id, main=True),
            _button("next", acts.MISSED_NEXT, target_id),
            _button("drop", acts.MISSED_DROP, target_id),
        ),
    )


def post_buttons(post_id: int) -> Rows:
    """Under a failure: try again, or read what happened."""
    return (
        (
            _button("again", acts.POST_NOW, post_id, main=True),
            _button("story", acts.POST_STORY, post_id),
        ),
    )


def connect_buttons(platform: str) -> Rows:
    """Signing in once more, where that is what helps."""
    number = sorted(platform_classes()).index(platform)
    again = Act.of(acts.ACCOUNT_CONNECT, number)
    return ((Button(say("accounts.button_again"), again, style="main"),),)


async def seen(
    tx: AsyncSession, claim: Claim, account: AccountView, seen: Seen, now: datetime
) -> None:
    """It was seen there, by whom it can be seen."""
    if seen.url is not None:
        link = Link(seen.url, seen.url)
        await tell(tx, claim, account, "published", now, about=seen.why, link=link)
        return
    key = "published_no_link" if seen.visible == "public" else seen.visible
    await tell(tx, claim, account, key, now, about=seen.why)


async def late_link(
    tx: AsyncSession, claim: Claim, account: AccountView, url: str, now: datetime
) -> None:
    await tell(tx, claim, account, "late_link", now, link=Link(url, url))


async def deferred(
    tx: AsyncSession, claim: Claim, account: AccountView, why: Say, until: datetime, now: datetime
) -> None:
    await tell(tx, claim, account, "deferred", now, about=why, until=until)
