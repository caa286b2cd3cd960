"""Title and caption of a clip, and of a post that waits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.cards.clip import clip_card
from core.chat import acts
from core.chat.limits import CAPTION_CHARS, TITLE_CHARS
from core.chat.message import Out
from core.chat.registry import Answer, Ask, Question, on_act, on_answer
from core.db import audit, outbox_edits, videos
from core.errors import Told
from core.say import say
from core.services import Services
from handlers import _cards, _sources
from handlers._ids import first
from handlers.discard import ready_clip

_TITLE = re.compile(r"^\s*title\s*:\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)
_TAG = re.compile(r"(?<!\w)#(\w+)")


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wrote: None stays as it is."""

    title: str | None
    caption: str | None

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_TAG.findall(self.caption or "")))


def read_words(text: str) -> Words:
    """A line `title: …` is the title, the rest the caption. Raises Told for too much of it."""
    found = _TITLE.search(text)
    title = found[1] if found else None
    caption = _TITLE.sub("", text, count=1).strip() if found else text.strip()
    if title and len(title) > TITLE_CHARS:
        raise Told("caption.title_long", n=len(title), limit=TITLE_CHARS)
    if len(caption) > CAPTION_CHARS:
        raise Told("caption.long", n=len(caption), limit=CAPTION_CHARS)
    return Words(title, caption or None)


@on_act(acts.CLIP_CAPTION, role="editor")
async def caption(ask: Ask, svc: Services) -> Answer:
    """Ask for other words for a clip."""
    async with svc.db.read() as tx:
        clip = await ready_clip(tx, ask)
    out = Out.of(
        say("caption.ask", title=clip.title),
        say("caption.now", caption=clip.caption),
        say("caption.how"),
    )
    return Question(out, "clip.words", {"clip": clip.id})


@on_answer("clip.words", role="editor")
async def words(ask: Ask, svc: Services) -> Answer:
    """The new words of a clip; its card is brought up to date."""
    new, now = read_words(ask.text), svc.clock.now()
    if new == Words(None, None):
        raise Told("caption.empty")
    async with svc.db.write() as tx:
        clip = await _sources.clip_of(tx, ask.by, (int(ask.kept["clip"]),))
        tags = new.tags if new.caption is not None else None
        await videos.edit_clip(tx, clip.id, title=new.title, caption=new.caption, tags=tags)
        clip = await videos.clip(tx, clip.id)
        if clip.state == "ready" and clip.render is not None:
            await outbox_edits.change_newest(tx, f"clip:{clip.id}", clip_card(clip), now)
        by = ask.by
        await audit.record(tx, by.workspace_id, by.member_id, "clip.words", f"clip:{clip.id}", now)
    accounts = await svc.posting.accounts(ask.by.workspace_id)
    text = [say("caption.kept", title=clip.title), say("caption.now", caption=clip.caption)]
    if (counts := _cards.caption_counts(clip.caption, accounts)) is not None:
        text.append(counts)
    if await _waits(svc, ask, clip.id):
        text.append(say("caption.queued_stay"))
    return Out(tuple(text))


async def _waits(svc: Services, ask: Ask, clip_id: int) -> bool:
    """A post that waits keeps the words that were approved with it."""
    return any(p.clip_id == clip_id for p in await svc.posting.queue(ask.by.workspace_id))


@on_act(acts.POST_CAPTION, role="approver")
async def post_caption(ask: Ask, svc: Services) -> Answer:
    """Ask for other words for a post that waits."""
    view = await svc.posting.view(first(ask), ask.by)
    out = Out.of(
        say("caption.ask_post", title=view.title),
        say("caption.now", caption=view.caption),
        say("caption.how_post"),
    )
    return Question(out, "post.words", {"post": view.id})


@on_answer("post.words", role="approver")
async def post_words(ask: Ask, svc: Services) -> Answer:
    """The new caption of a post."""
    new = read_words(ask.text)
    if new.caption is None:
        raise Told("caption.empty")
    view = await svc.posting.edit_caption(int(ask.kept["post"]), new.caption, ask.by)
    accounts = tuple(t.account for t in view.targets)
    text = [say("caption.kept_post", title=view.title), say("caption.now", caption=view.caption)]
    if (counts := _cards.caption_counts(view.caption, accounts)) is not None:
        text.append(counts)
    return Out(tuple(text))
