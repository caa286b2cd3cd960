"""How captions look from now on, for everybody in the workspace."""

from __future__ import annotations

from dataclasses import replace

from core.captions.look import Look
from core.captions.style import OFFERED
from core.chat import acts, registry
from core.chat.message import Act, Button, Out
from core.chat.registry import Answer, Arg, Ask, command, on_act
from core.db import looks
from core.edits.change import Change
from core.edits.read import read
from core.errors import Told
from core.say import say
from core.services import Services
from handlers import _suggest
from handlers._ids import nth


@command("captions", role="editor", args=[Arg("style", suggest=_suggest.styles)])
async def captions(ask: Ask, svc: Services) -> Answer:
    """Choose how captions look: /captions karaoke"""
    if not ask.args.get("style"):
        async with svc.db.read() as tx:
            return _shown(await looks.of_workspace(tx, ask.by.workspace_id))
    changes = read(ask.args["style"])
    if any(c.kind not in ("style", "emoji", "mask") for c in changes):
        raise Told("captions.unknown", said=ask.args["style"][:40])
    return await _keep(ask, svc, changes)


@on_act(acts.CAPTIONS_ARE, role="editor")
async def chosen(ask: Ask, svc: Services) -> Answer:
    """A style by its button."""
    style = OFFERED[nth(ask, 0, among=len(OFFERED))]
    return registry.Change(await _keep(ask, svc, (Change("style", text=style),)))


@on_act(acts.CAPTIONS_EXTRA, role="editor")
async def extra(ask: Ask, svc: Services) -> Answer:
    """Emoji, or asterisks in rude words, on or off."""
    kind, on = nth(ask, 0, among=2), nth(ask, 1, among=2)
    what = Change("emoji", on) if kind == 0 else Change("mask", on)
    return registry.Change(await _keep(ask, svc, (what,)))


async def _keep(ask: Ask, svc: Services, changes: tuple[Change, ...]) -> Out:
    async with svc.db.write() as tx:
        look = await looks.of_workspace(tx, ask.by.workspace_id)
        for change in changes:
            if change.kind == "style":
                look = replace(look, style=change.text)
            elif change.kind == "emoji":
                look = replace(look, emoji=bool(change.amount))
            else:
                look = replace(look, masked=bool(change.amount))
        await looks.keep(tx, ask.by.workspace_id, look)
    return _shown(look, kept=True)


def _shown(look: Look, *, kept: bool = False) -> Out:
    """What holds now, with everything that can be chosen."""
    row = [Button(say(f"style.{n}"), Act.of(acts.CAPTIONS_ARE, k)) for k, n in enumerate(OFFERED)]
    styles = tuple(tuple(row[k : k + 3]) for k in range(0, len(row), 3))
    emoji = "emoji_off" if look.emoji else "emoji_on"
    mask = "mask_off" if look.masked else "mask_on"
    extras = (
        Button(
            say(f"captions.button_{emoji}"), Act.of(acts.CAPTIONS_EXTRA, 0, int(not look.emoji))
        ),
        Button(
            say(f"captions.button_{mask}"), Act.of(acts.CAPTIONS_EXTRA, 1, int(not look.masked))
        ),
    )
    style = say(f"style.{look.style}")
    head = say("captions.kept", style=style) if kept else say("captions.now", style=style)
    text = [head]
    if look.masked:
        text.append(say("captions.masked"))
    text.append(say("captions.how"))
    return Out.of(*text, buttons=(*styles, extras))
