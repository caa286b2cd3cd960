"""Time zones by the names people use: "Berlin", "Europe/Berlin", "UTC+2", "New York"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale

from core.errors import Told
from core.when.words import LANGUAGES

OFFERED = (
    "UTC",
    "Europe/London",
    "Europe/Lisbon",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Madrid",
    "Europe/Kyiv",
    "Europe/Istanbul",
    "Europe/Moscow",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/Bogota",
    "America/Sao_Paulo",
    "America/Argentina/Buenos_Aires",
    "Africa/Lagos",
    "Africa/Johannesburg",
    "Africa/Cairo",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Jakarta",
    "Asia/Singapore",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
)
"""Zones with a button. Buttons carry the place in this list: only ever add at its end."""

FIRST_OFFERED = (
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Asia/Kolkata",
)

_ALSO: Mapping[str, str] = {
    "nyc": "America/New_York",
    "la": "America/Los_Angeles",
    "sf": "America/Los_Angeles",
    "san francisco": "America/Los_Angeles",
    "seattle": "America/Los_Angeles",
    "boston": "America/New_York",
    "washington": "America/New_York",
    "miami": "America/New_York",
    "houston": "America/Chicago",
    "dallas": "America/Chicago",
    "austin": "America/Chicago",
    "munich": "Europe/Berlin",
    "münchen": "Europe/Berlin",
    "hamburg": "Europe/Berlin",
    "frankfurt": "Europe/Berlin",
    "köln": "Europe/Berlin",
    "wien": "Europe/Vienna",
    "zürich": "Europe/Zurich",
    "geneva": "Europe/Zurich",
    "barcelona": "Europe/Madrid",
    "milan": "Europe/Rome",
    "lyon": "Europe/Paris",
    "kiev": "Europe/Kyiv",
    "moskau": "Europe/Moscow",
    "москва": "Europe/Moscow",
    "киев": "Europe/Kyiv",
    "rio": "America/Sao_Paulo",
    "rio de janeiro": "America/Sao_Paulo",
    "brasilia": "America/Sao_Paulo",
    "mumbai": "Asia/Kolkata",
    "delhi": "Asia/Kolkata",
    "bangalore": "Asia/Kolkata",
    "beijing": "Asia/Shanghai",
    "abu dhabi": "Asia/Dubai",
    "cape town": "Africa/Johannesburg",
    "cet": "Europe/Berlin",
    "cest": "Europe/Berlin",
    "mez": "Europe/Berlin",
    "mesz": "Europe/Berlin",
    "et": "America/New_York",
    "est": "America/New_York",
    "edt": "America/New_York",
    "eastern": "America/New_York",
    "ct": "America/Chicago",
    "central": "America/Chicago",
    "mt": "America/Denver",
    "pt": "America/Los_Angeles",
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
    "pacific": "America/Los_Angeles",
    "gmt": "UTC",
    "z": "UTC",
    "utc": "UTC",
}
"""Big cities and short names that are no IANA zone of their own. Abbreviations such as EST mean the
place, not the offset: people say "9am EST" in July, too."""

_OFFSET = re.compile(r"(?:utc|gmt)? ?([+-]) ?(\d{1,2})(?::?(00))?")


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in bare if not unicodedata.combining(c)).split())


@lru_cache(maxsize=1)
def _known() -> Mapping[str, str]:
    """Plain names to IANA zones: the whole name, its last part, and the city in our languages."""
    found: dict[str, str] = {}
    names = sorted(z for z in available_timezones() if not z.startswith(("posix", "right", "Etc/")))
    for zone in names:
        if "/" in zone:
            found.setdefault(_plain(zone.rsplit("/", 1)[-1].replace("_", " ")), zone)
    found |= {_plain(zone.replace("_", " ")): zone for zone in names}
    for language in LANGUAGES:
        for zone, names_there in Locale.parse(language).time_zones.items():
            if zone in names and "city" in names_there:
                found.setdefault(_plain(names_there["city"]), zone)
    return found | {_plain(name): zone for name, zone in _ALSO.items()}


def zone_named(text: str) -> str | None:
    """The IANA name behind a name that is exactly one; None otherwise."""
    wanted = _plain(text.replace("_", " ")).removesuffix(" time").strip(" .()")
    if found := _known().get(wanted):
        return found
    offset = _OFFSET.fullmatch(wanted)
    if offset is None:
        return None
    hours = int(offset[2])
    if hours == 0:
        return "UTC"
    # POSIX counts the other way round: Etc/GMT-2 is two hours ahead of Greenwich.
    name = f"Etc/GMT{'-' if offset[1] == '+' else '+'}{hours}"
    return name if name in available_timezones() else None


def find_zone(text: str) -> str:
    """The IANA name. Raises Told "when.no_such_zone" with the nearest names."""
    if found := zone_named(text):
        return found
    near = nearest(text)
    if near:
        raise Told("when.zone_near", said=text[:60], near=near)
    raise Told("when.no_such_zone", said=text[:60])


def nearest(text: str, limit: int = 3) -> tuple[str, ...]:
    """Zones whose names are close to what was typed."""
    from rapidfuzz import fuzz, process

    wanted = _plain(text)
    if len(wanted) < 3:
        return ()
    found = process.extract(wanted, list(_known()), scorer=fuzz.ratio, limit=12, score_cutoff=72)
    return tuple(dict.fromkeys(_known()[name] for name, _, _ in found))[:limit]


def is_zone(name: str) -> bool:
    """Whether this is an IANA name this machine knows."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def take_zone(text: str) -> tuple[str, str | None]:
    """`friday 18:00 new york` -> `friday 18:00` and its zone; what is no zone stays."""
    found = text.split()
    for length in (3, 2, 1):
        name = " ".join(found[-length:])
        # "la" and "pt" are also words of other languages; as a zone they must follow an hour.
        if len(found) > length and not name.isdecimal() and found[-length - 1][-1].isalnum():
            zone = zone_named(name)
            if zone and any(c.isdigit() for c in " ".join(found[:-length])):
                return " ".join(found[:-length]), zone
    return text, None
