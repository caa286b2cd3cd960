"""Where in the video somebody wants clips from: "12:30-13:05", "the second half", "the start"."""

from __future__ import annotations

import re
from functools import partial

from core.analysis.model import Spell
from core.clips.wish_reading import Reading
from core.clips.wish_words import number, seconds, unit, words
from core.errors import Told

_AROUND_S = 45.0
"""A moment named by one time is looked for this far around it."""
_START_SHARE, _START_LEAST_S = 0.25, 120.0
"""What people call the start of a video, and its end."""
_INTRO_SHARE, _INTRO_MOST_S = 0.1, 60.0
CLOCK = r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})(?:[.,](\d{1,3}))?"
_TO = r"\s*(?:-|–|—|…|\.\.\.?|→|(?:to|until|till|bis|a|hasta|até|à|до|إلى|حتى)(?!\w))\s*"
_VIDEO = (
    r"(?:\s+(?:of|del|des|do|du|de|von|из|من)\s+(?:the\s+|la\s+)?"
    r"(?:videos?|vídeo|vidéo|talk|видео|الفيديو))?"
)


def spans(reading: Reading) -> None:
    found: list[Spell] = []

    def understand(match: re.Match[str]) -> None:
        start, end = clock_s(match.groups()[:4]), clock_s(match.groups()[4:8])
        if end <= start:
            raise Told("wish.span_backwards", span=match[0].strip())
        found.append(Spell(start, end))

    lead = rf"(?:{words('place', 'in')}\s+)?"
    reading.take(rf"{lead}(?<![\d:]){CLOCK}{_TO}{CLOCK}(?![\d:])", understand)
    both = rf"{words('place', 'between')}\s+{CLOCK}\s+{words('place', 'and')}\s+{CLOCK}"
    reading.take(rf"{both}(?![\d:])", understand)
    if found:
        reading.found["spans"] = tuple(found)


def clock_s(parts: tuple[str | None, ...]) -> float:
    hours, minutes, secs, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(secs or 0)
    return whole + float(f"0.{fraction or 0}")


_SHARES = {
    **{"first_half": (0.0, 1 / 2), "second_half": (1 / 2, 1.0)},
    **{"first_third": (0.0, 1 / 3), "middle_third": (1 / 3, 2 / 3), "last_third": (2 / 3, 1.0)},
    **{"first_quarter": (0.0, 1 / 4), "last_quarter": (3 / 4, 1.0)},
}


def places(reading: Reading) -> None:
    whole = reading.duration_s or 0.0
    lead = rf"(?:{words('place', 'in')}\s+)?(?:{words('place', 'the')}\s+)?"
    for name, (low, high) in _SHARES.items():
        here = (whole * low, whole * high)
        reading.take_of_whole(f"{lead}{words('place', name)}{_VIDEO}", partial(_always, here))
    _stretches(reading, lead)
    _ends(reading)
    _moments(reading)


def _always(here: tuple[float, float], _: re.Match[str]) -> tuple[float, float]:
    return here


def _stretches(reading: Reading, lead: str) -> None:
    """ "the first 10 minutes", "skip the last minute"."""
    whole = reading.duration_s or 0.0
    skip, amount = rf"{words('place', 'skip')}\s+", rf"(?:\s+{number()})?{unit()}"
    first = rf"{lead}{words('place', 'first')}{amount}{_VIDEO}"
    last = rf"{lead}{words('place', 'last')}{amount}{_VIDEO}"

    def length_s(match: re.Match[str]) -> float:
        return seconds(match[1] or "1", match[2])

    def opening(match: re.Match[str]) -> None:
        reading.found["within"] = Spell(0.0, length_s(match))

    reading.take_of_whole(skip + first, lambda m: (min(whole, length_s(m)), whole))
    reading.take_of_whole(skip + last, lambda m: (0.0, max(0.0, whole - length_s(m))))
    reading.take(first, opening)
    reading.take_of_whole(last, lambda m: (max(0.0, whole - length_s(m)), whole))


def _ends(reading: Reading) -> None:
    """ "from the start", "the end", "skip the intro"; but not "about the start of the war"."""
    whole = reading.duration_s or 0.0
    near = max(_START_SHARE * whole, min(whole, _START_LEAST_S))
    skipped = min(_INTRO_MOST_S, _INTRO_SHARE * whole)
    the = rf"(?:{words('place', 'the')}\s+)?"
    alone = r"(?=\s*(?:$|[,;.،]|[^\w\s]))"
    here = {"start": (0.0, near), "end": (max(0.0, whole - near), whole)}
    skip = rf"{words('place', 'skip')}\s+{the}"
    reading.take_of_whole(rf"{skip}{words('place', 'intro')}", partial(_always, (skipped, whole)))
    reading.take_of_whole(
        rf"{skip}{words('place', 'outro')}", partial(_always, (0.0, whole - skipped))
    )
    onwards = rf"{_TO}{the}{words('place', 'end')}"
    reading.take_of_whole(
        rf"(?:{words('place', 'in')}\s+)?(?<![\d:]){CLOCK}{onwards}",
        lambda m: (min(clock_s(m.groups()), whole), whole),
    )
    for name, place in here.items():
        reading.take_of_whole(
            rf"{words('place', 'in')}\s+{the}{words('place', name)}{_VIDEO}{alone}",
            partial(_always, place),
        )
        reading.take_of_whole(
            rf"^\s*{the}{words('place', name)}{_VIDEO}{alone}", partial(_always, place)
        )


def _moments(reading: Reading) -> None:
    """ "after 12:30", "before 5:00", "around 7:15"."""
    whole = reading.duration_s or 0.0
    clock = rf"(?<![\d:]){CLOCK}(?![\d:])"

    def before(match: re.Match[str]) -> None:
        reading.found["within"] = Spell(0.0, clock_s(match.groups()))

    def around(match: re.Match[str]) -> None:
        at = clock_s(match.groups())
        reading.found["within"] = Spell(max(0.0, at - _AROUND_S), at + _AROUND_S)

    onwards = rf"(?:\s+{words('place', 'onwards')})?"
    reading.take_of_whole(
        rf"{words('place', 'after')}\s+{clock}{onwards}",
        lambda m: (min(clock_s(m.groups()), whole), whole),
    )
    reading.take(rf"{words('place', 'before')}\s+{clock}", before)
    reading.take(rf"(?:{words('place', 'around')}\s+)?{clock}", around)
