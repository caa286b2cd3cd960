"""What somebody may mean while they write: clips, posts, zones, languages, platforms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import available_timezones

from core.brand.brand import PARTS
from core.captions.style import OFFERED as OFFERED_STYLES
from core.chat.limits import LANGUAGE_NAMES
from core.chat.registry import Asker, Hint
from core.i18n.measures import zone_text
from core.posting.notices import platform_name
from core.say import Say, say
from core.services import Services
from core.when.zones import OFFERED
from handlers import _sources

MOST = 25
"""No network lists more (discord/discord-api-docs, application-commands)."""


async def clips(by: Asker, typed: str, svc: Services) -> Sequence[Hint]:
    """Finished clips of the last video, by number or title."""
    async with svc.db.read() as tx:
        source = await _sources.last(tx, by)
        if source is None:
            return ()
        every = await _sources.clips_of_source(tx, source)
    ready = sorted((c for c in every if c.state == "ready"), key=lambda c: c.rank)
    found = [
        (str(c.rank), say("suggest.numbered", number=str(c.rank), title=c.title)) for c in ready
    ]
    return _matching(found, typed, [c.title for c in ready])


async def posts(by: Asker, typed: str, svc: Services) -> Sequence[Hint]:
    """Posts that wait."""
    views = await svc.posting.queue(by.workspace_id)
    found = [(str(v.id), say("suggest.numbered", number=str(v.id), title=v.title)) for v in views]
    return _matching(found, typed, [v.title for v in views])


async def zones(by: Asker, typed: str, svc: Services) -> Sequence[Hint]:
    """The usual zones; with a word, every zone that has it."""
    names = sorted(available_timezones()) if typed.strip() else OFFERED
    shown = [zone_text(name) for name in names]
    found = [(name, say("zone.name", zone=text)) for name, text in zip(names, shown, strict=True)]
    return _matching(found, typed.replace(" ", "_"), names)


async def languages(by: Asker, typed: str, svc: Services) -> Sequence[Hint]:
    named = LANGUAGE_NAMES.items()
    found = [(code, say("language.name", name=name)) for code, name in named]
    return _matching(found, typed, [name for _, name in named])


async def platforms(by: Asker, typed: str, svc: Services) -> Sequence[Hint]:
    names = [(p.name, platform_name(p.name)) for p in svc.posting.platforms()]
    found = [(name, say("suggest.name", name=title)) for name, title in names]
    return _matching(found, typed, [title for _, title in names])


async def styles(by: Asker, typed: str, svc: Services) -> Sequence[Hint]:
    """Styles of captions, in the reader's language."""
    found = [(name, say(f"style.{name}")) for name in OFFERED_STYLES]
    return _matching(found, typed, [svc.catalog.text(label, by.language) for _, label in found])


async def brand_parts(by: Asker, typed: str, svc: Services) -> Sequence[Hint]:
    """Parts of a brand."""
    found = [(part, say(f"brand.part_{part}")) for part in PARTS]
    return _matching(found, typed, [svc.catalog.text(label, by.language) for _, label in found])


def _matching(
    found: Sequence[tuple[str, Say]], typed: str, names: Iterable[str]
) -> tuple[Hint, ...]:
    """Those that begin with, or else contain, what was written."""
    wanted = typed.strip().lstrip("#").casefold()
    first, later = [], []
    for (value, label), name in zip(found, names, strict=True):
        if value.casefold().startswith(wanted) or name.casefold().startswith(wanted):
            first.append(Hint(value, label))
        elif wanted in name.casefold():
            later.append(Hint(value, label))
    return tuple((first + later)[:MOST])
