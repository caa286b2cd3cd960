"""Editing a clip in the chat: by buttons, by an answer, by a reply to its card, by `/edit`."""

from __future__ import annotations

from core.captions.style import OFFERED
from core.chat import acts, registry
from core.chat.message import Act, Button, Out
from core.chat.registry import Answer, Arg, Ask, Question, command, on_act, on_answer, on_reply
from core.db.videos import Clip
from core.edits.change import Change
from core.edits.read import read
from core.errors import Told
from core.say import say
from core.services import Services
from handlers import _edits, _sources, _suggest
from handlers._ids import first, nth
from handlers.discard import ready_clip

_CLIP = Arg("clip", kind="number", needed=True, suggest=_suggest.clips)


@command("edit", role="editor", args=[_CLIP, Arg("change")])
async def by_number(ask: Ask, svc: Services) -> Answer:
    """Change a clip of the last video: /edit 2 start 2 s earlier"""
    clip = await _sources.numbered_clip(ask, svc, int(ask.args["clip"]))
    if written := ask.args.get("change"):
        return await _edits.change(ask, svc, clip, read(written))
    return _question(clip)


@on_act(acts.CLIP_EDIT, role="editor")
async def edit(ask: Ask, svc: Services) -> Answer:
    """Ask what should be different."""
    return _question(await _clip(ask, svc))


def _question(clip: Clip) -> Question:
    out = Out.of(say("edit.ask", title=clip.title), say("edit.how"), buttons=_edits.menu(clip))
    return Question(out, "clip.edit", {"clip": clip.id})


@on_answer("clip.edit", role="editor")
async def written(ask: Ask, svc: Services) -> Answer:
    """What somebody wants different, in their own words."""
    return await _edits.change(
        ask, svc, await _clip(ask, svc, int(ask.kept["clip"])), read(ask.text)
    )


@on_reply(role="editor")
async def replied(ask: Ask, svc: Services) -> Answer:
    """Words in answer to the card of a clip."""
    async with svc.db.read() as tx:
        number = await _sources.about(tx, ask, "clip")
    if number is None:
        raise Told("door.no_words")
    return await _edits.change(ask, svc, await _clip(ask, svc, number), read(ask.text))


async def _clip(ask: Ask, svc: Services, number: int | None = None) -> Clip:
    async with svc.db.read() as tx:
        return await ready_clip(tx, ask, number)


# ── buttons ─────────────────────────────────────────────────────────────────────────────────────


@on_act(acts.CLIP_DO, role="editor")
async def do(ask: Ask, svc: Services) -> Answer:
    """One change with a button of its own."""
    what = _edits.READY[nth(ask, 1, among=len(_edits.READY))][1]
    return await _edits.change(ask, svc, await _clip(ask, svc), (what,))


@on_act(acts.CLIP_LOOKS, role="editor")
async def looks(ask: Ask, svc: Services) -> Answer:
    """The styles its captions may have."""
    clip = await _clip(ask, svc)
    row = [
        Button(say(f"style.{n}"), Act.of(acts.CLIP_LOOK, clip.id, k)) for k, n in enumerate(OFFERED)
    ]
    rows = tuple(tuple(row[k : k + 3]) for k in range(0, len(row), 3))
    now = say(f"style.{clip.recipe.look.style}")
    return Out.of(say("edit.which_style", title=clip.title, style=now), buttons=rows)


@on_act(acts.CLIP_LOOK, role="editor")
async def look(ask: Ask, svc: Services) -> Answer:
    """Another style."""
    style = OFFERED[nth(ask, 1, among=len(OFFERED))]
    return await _edits.change(ask, svc, await _clip(ask, svc), (Change("style", text=style),))


@on_act(acts.CLIP_SHAPES, role="editor")
async def shapes(ask: Ask, svc: Services) -> Answer:
    """The shapes it may have."""
    clip = await _clip(ask, svc)
    row = tuple(
        Button(say(f"shape.{name.replace(':', '_')}"), Act.of(acts.CLIP_SHAPE, clip.id, k))
        for k, name in enumerate(_edits.SHAPES)
    )
    return Out.of(say("edit.which_shape", title=clip.title), buttons=(row[:2], row[2:]))


@on_act(acts.CLIP_SHAPE, role="editor")
async def shape(ask: Ask, svc: Services) -> Answer:
    """Another shape."""
    name = _edits.SHAPES[nth(ask, 1, among=len(_edits.SHAPES))]
    return await _edits.change(ask, svc, await _clip(ask, svc), (Change("shape", text=name),))


# ── versions ────────────────────────────────────────────────────────────────────────────────────


@on_act(acts.EDIT_CANCEL, role="editor")
async def cancel(ask: Ask, svc: Services) -> Answer:
    """Leave the clip as it is."""
    return registry.Change(await _edits.stop(ask, svc, await _clip(ask, svc)))


@on_act(acts.CLIP_UNDO, role="editor")
async def undo(ask: Ask, svc: Services) -> Answer:
    """The version before the one on this card."""
    clip = await _clip(ask, svc)
    if len(ask.ids) < 2 or clip.render is None or clip.render.id != ask.ids[1]:
        raise Told("edit.not_shown", title=clip.title)
    return await _edits.undo(ask, svc, clip)


@on_act(acts.POST_VERSION, role="approver")
async def take(ask: Ask, svc: Services) -> Answer:
    """Let a post that waits go out with the version its clip has now."""
    view = await svc.posting.take_version(first(ask), ask.by)
    return registry.Change(Out.of(say("edit.post_takes", number=view.id, title=view.title)))
