"""Where you are and what you speak."""

from __future__ import annotations

from core.chat import acts
from core.chat.limits import LANGUAGE_NAMES, LANGUAGES
from core.chat.message import Act, Button, Out
from core.chat.registry import Answer, Arg, Ask, Question, command, on_act, on_answer
from core.db import chats, people
from core.errors import Told
from core.i18n.measures import zone_text
from core.say import When, say
from core.services import Services
from core.when.zones import find_zone
from handlers import _sources, _suggest, _zones
from handlers._ids import nth
from handlers.schedule import when_question


@command("timezone", role="viewer", args=[Arg("place", suggest=_suggest.zones)])
async def timezone(ask: Ask, svc: Services) -> Answer:
    """Say where you are, so that 18:00 means 18:00 there: /timezone Berlin"""
    if place := ask.args.get("place"):
        return await _keep(ask, svc, find_zone(place))
    here = say("zone.unknown")
    if await _zones.is_known(ask.by, svc):
        hour = When(svc.clock.now(), ask.by.zone, "hour")
        here = say("zone.now", zone=zone_text(ask.by.zone), at=hour)
    out = Out.of(here, say("zone.how"), buttons=_zones.buttons(acts.ZONE_IS))
    return Question(out, "zone.is")


@on_answer("zone.is", role="viewer")
async def written(ask: Ask, svc: Services) -> Answer:
    """A city or a zone somebody wrote."""
    clip = ask.kept.get("clip")
    return await _keep(ask, svc, find_zone(ask.text), int(clip) if clip is not None else None)


@on_act(acts.ZONE_IS, role="viewer")
async def pressed(ask: Ask, svc: Services) -> Answer:
    """A zone with a button."""
    clip = ask.ids[1] if len(ask.ids) > 1 else None
    return await _keep(ask, svc, _zones.picked(ask, place=0), clip)


async def _keep(ask: Ask, svc: Services, name: str, clip_id: int | None = None) -> Answer:
    """Store it, say what time it is there, and go on with what was begun."""
    await _zones.keep(ask, svc, name)
    at = When(svc.clock.now(), name, "hour")
    kept = Out.of(say("zone.kept", zone=zone_text(name), at=at))
    if clip_id is None:
        return kept
    async with svc.db.read() as tx:
        clip = await _sources.clip_of(tx, ask.by, (clip_id,))
    return [kept, when_question(_zones.in_zone(ask, name), svc, clip)]


@command("language", role="viewer", args=[Arg("language", suggest=_suggest.languages)])
async def language(ask: Ask, svc: Services) -> Answer:
    """Choose the language I speak and read times in: /language Deutsch"""
    if wanted := ask.args.get("language"):
        return await _speak(ask, svc, _language(wanted, ask.by.language))
    now = LANGUAGE_NAMES.get(_code(ask.by.language), LANGUAGE_NAMES["en"])
    row = tuple(
        Button(say("language.name", name=LANGUAGE_NAMES[code]), Act.of(acts.LANGUAGE_IS, number))
        for number, code in enumerate(LANGUAGES)
    )
    return Out.of(say("language.now", name=now), buttons=(row[:4], row[4:]))


@on_act(acts.LANGUAGE_IS, role="viewer")
async def language_pressed(ask: Ask, svc: Services) -> Answer:
    """A language with a button."""
    return await _speak(ask, svc, LANGUAGES[nth(ask, 0, among=len(LANGUAGES))])


def _code(language: str) -> str:
    """`pt` of `pt-BR`."""
    return language.replace("_", "-").split("-")[0].lower()


def _language(said: str, asked_in: str) -> str:
    """`de`, `de-AT`, `Deutsch`, `German`, and `alemán` by somebody who speaks Spanish. Raises Told
    with the ones there are."""
    from babel import Locale

    wanted = said.strip().casefold()
    readers = {code for code in ("en", _code(asked_in)) if code in LANGUAGES}
    for code in LANGUAGES:
        names = {str(Locale.parse(code).get_display_name(r)).casefold() for r in readers}
        if _code(wanted) == code or wanted in names | {LANGUAGE_NAMES[code].casefold()}:
            return code
    raise Told("language.unknown", said=said[:40], names=tuple(LANGUAGE_NAMES.values()))


async def _speak(ask: Ask, svc: Services, code: str) -> Answer:
    async with svc.db.write() as tx:
        await chats.set_chat(tx, ask.by.chat_id, language=code)
        await people.set_member(tx, ask.by.member_id, language=code)
    name = LANGUAGE_NAMES[code]
    key = "language.kept" if svc.catalog.speaks(code) else "language.kept_for_times"
    return Out.of(say(key, name=name))
