"""Another version of a clip: being made, ready, or not made; and what that means for its posts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.cards.clip import clip_card
from core.chat import acts
from core.chat.message import Act, Button, Out
from core.db import outbox, posts
from core.db.videos import Clip
from core.publish.views import PostView
from core.say import Say, say

WAITS = ("draft", "approved", "scheduled", "deferred", "held", "missed")
"""States of a post of which nothing was sent."""


def begun(clip: Clip, changes: tuple[Say, ...]) -> Out:
    """What was understood, with its *Cancel*."""
    stop = Button(say("card.button_cancel"), Act.of(acts.EDIT_CANCEL, clip.id), style="danger")
    making = say("edit.making", title=clip.title, changes=changes)
    return Out.of(making, say("edit.until_then"), buttons=((stop,),), quiet=True)


def card(clip: Clip, *, restored: bool = False) -> Out:
    """The card of the version that is shown now, with the way back."""
    out = clip_card(clip)
    head = say("edit.restored" if restored else "edit.ready")
    back = clip.render.before_id if clip.render else None
    rows = out.buttons
    if back is not None:
        undo = Act.of(acts.CLIP_UNDO, clip.id, clip.render.id if clip.render else 0)
        rows = ((Button(say("card.button_undo"), undo),), *rows)
    return Out((head, *out.text), rows, out.media, out.alt)


def posts_keep(clip: Clip, every: Sequence[PostView]) -> list[Out]:
    """One message for each post that waits with another version: it never changes by itself."""
    shown = clip.render.id if clip.render else None
    other = (p for p in every if p.render_id not in (None, shown) and _waits(p))
    take = say("edit.button_take")
    return [
        Out.of(
            say("edit.post_keeps", number=p.id, title=p.title),
            buttons=((Button(take, Act.of(acts.POST_VERSION, p.id)),),),
        )
        for p in other
    ]


def _waits(post: PostView) -> bool:
    """Nothing of it was sent, and something of it still will be."""
    going = [t for t in post.targets if t.state != "cancelled"]
    return bool(going) and all(t.state in WAITS for t in going)


async def say_version(
    tx: AsyncSession, clip: Clip, chat_id: int, mark: str, now: datetime, *, restored: bool = False
) -> None:
    """Show the version a clip has now, and say which posts keep another. `mark` is of what was
    done: the same twice is said once."""
    key = f"clip:{clip.id}:{mark}"
    out = card(clip, restored=restored)
    await outbox.say(tx, chat_id, out, key=key, now=now, urgent=True)
    for number, kept in enumerate(posts_keep(clip, await posts.posts_of_clip(tx, clip.id))):
        await outbox.say(tx, chat_id, kept, key=f"{key}:post:{number}", now=now, urgent=True)


def not_made(clip: Clip, why: Say) -> Out:
    return Out.of(say("edit.failed", title=clip.title), why)
