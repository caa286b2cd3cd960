"""The brand of a workspace: font, colours, logo, intro, outro and music of everything it cuts."""

from __future__ import annotations

from typing import Literal

from core.brand.brand import PARTS, Brand, Part, part_of
from core.brand.colours import read_colours
from core.chat import acts
from core.chat.message import Out
from core.chat.registry import Answer, Arg, Ask, Question, command, on_act, on_answer
from core.db import audit, brands, looks
from core.db.brands import KeptBrand
from core.errors import Told
from core.say import say
from core.services import Services
from handlers import _brand, _brand_card, _suggest
from handlers._ids import nth

FILE, COLOURS = "brand.file", "brand.colours"


@command(
    "brand",
    role="editor",
    args=[Arg("part", suggest=_suggest.brand_parts), Arg("colours")],
    files=("file",),
)
async def brand(ask: Ask, svc: Services) -> Answer:
    """Make clips yours: your font, colours, logo, intro, outro and music."""
    said = ask.args.get("part", "")
    part = part_of(said) if said else None
    if said and part is None:
        raise Told("brand.no_part", said=said[:40])
    if ask.files:
        file = _brand.only_file(ask.files)
        return await _take_file(ask, svc, part or _brand.part_of_file(svc, file))
    if part == "colours" and (written := ask.args.get("colours")):
        return await _take_colours(ask, svc, written)
    if part is not None:
        return _question(part)
    async with svc.db.read() as tx:
        now = await brands.read(tx, ask.by.workspace_id)
    return await _brand_card.shown(ask, svc, now)


@on_act(acts.BRAND_SHOW, role="editor")
async def show(ask: Ask, svc: Services) -> Answer:
    """What the brand is."""
    return await brand(ask, svc)


@on_act(acts.BRAND_SET, role="editor")
async def ask_for(ask: Ask, svc: Services) -> Answer:
    """Ask for one part of it."""
    return _question(PARTS[nth(ask, 0, among=len(PARTS))])


def _question(part: Part) -> Question:
    name = COLOURS if part == "colours" else FILE
    return Question(Out.of(say(f"brand.ask_{part}")), name, {"part": part})


@on_answer(FILE, role="editor", files=("file",))
async def sent(ask: Ask, svc: Services) -> Answer:
    """The file that was asked for."""
    if not ask.files:
        raise Told("brand.file_please")
    return await _take_file(ask, svc, ask.kept["part"])


@on_answer(COLOURS, role="editor")
async def written(ask: Ask, svc: Services) -> Answer:
    """The colours that were asked for."""
    return await _take_colours(ask, svc, ask.text)


@on_act(acts.BRAND_REMOVE, role="editor")
async def remove(ask: Ask, svc: Services) -> Answer:
    """Do without one part of it."""
    part = PARTS[nth(ask, 0, among=len(PARTS))]
    was = await _now(ask, svc)
    if not was.has(part):
        raise Told("brand.not_there")
    return await _keep(ask, svc, _brand.Taken(was.without(part)), part, "removed")


@on_act(acts.BRAND_UNDO, role="editor")
async def undo(ask: Ask, svc: Services) -> Answer:
    """Take the last change back."""
    async with svc.db.write() as tx:
        number = ask.ids[0] if ask.ids else -1
        now = await brands.undo(tx, ask.by.workspace_id, number)
        if now is None:
            raise Told("brand.undo_late")
        await audit.record(
            tx, ask.by.workspace_id, ask.by.member_id, "brand.undo", "brand", svc.clock.now()
        )
    return await _brand_card.shown(ask, svc, now, say("brand.undone"))


async def _now(ask: Ask, svc: Services) -> Brand:
    async with svc.db.read() as tx:
        return await brands.of_workspace(tx, ask.by.workspace_id)


async def _take_file(ask: Ask, svc: Services, part: Part) -> Answer:
    if part == "colours":
        raise Told("brand.colours_in_words")
    taken = await _brand.take(svc, part, _brand.only_file(ask.files), await _now(ask, svc))
    return await _keep(ask, svc, taken, part, "kept")


async def _take_colours(ask: Ask, svc: Services, text: str) -> Answer:
    async with svc.db.read() as tx:
        was = await brands.of_workspace(tx, ask.by.workspace_id)
        look = await looks.of_workspace(tx, ask.by.workspace_id)
    return await _keep(ask, svc, _brand.coloured(was, read_colours(text), look), "colours", "kept")


async def _keep(
    ask: Ask, svc: Services, taken: _brand.Taken, part: Part, what: Literal["kept", "removed"]
) -> Answer:
    async with svc.db.write() as tx:
        now: KeptBrand = await brands.keep(tx, ask.by.workspace_id, taken.brand)
        await audit.record(
            tx, ask.by.workspace_id, ask.by.member_id, "brand.change", "brand", svc.clock.now()
        )
    head = say(f"brand.{what}", part=say(f"brand.part_{part}"))
    return await _brand_card.shown(ask, svc, now, head, *taken.notes)
