"""What people write with a video, read: "3 under 40s about pricing, from the second half".

What is understood becomes a number or a stretch; the rest stays as words and steers the choice.
The phrases of six languages are data (`wish.toml`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any

from core.analysis.model import Spell
from core.clips.base import Wish
from core.clips.wish_words import any_of, number, seconds, tables, unit, value, words
from core.errors import Told

MOST_CLIPS = 20
"""Of one video in one go; a person would not look at more."""
MOST_TEXT = 500
"""Characters of a wish that are read; a caption of a message may be longer."""
SHORTEST_S, LONGEST_S = 3.0, 600.0
"""Instagram refuses reels under 3 s, TikTok takes up to 10 minutes by its API (clips.md §5.5)."""
_AROUND_S = 45.0
"""A moment named by one time is looked for this far around it."""

_UNSEEN = frozenset({"Cf", "So", "Sk", "Co", "Cn", "Cs"})
"""Marks of writing direction, emoji and the like."""

_ASIDE = "\ue000"
"""Marks a hidden phrase; no text has it, `_UNSEEN` takes it out."""

_CLOCK = r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})(?:[.,](\d{1,3}))?"
_TO = r"\s*(?:-|–|—|…|\.\.\.?|→|(?:to|until|till|bis|a|hasta|até|à|до)(?!\w))\s*"


@dataclass(slots=True)
class _Reading:
    """The text that is left, and what was understood so far."""

    left: str
    duration_s: float | None
    found: dict[str, Any] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    """Phrases that need the length of the video; nothing else may read them meanwhile."""

    def take(self, pattern: str, understand: Callable[[re.Match[str]], bool | None]) -> None:
        """Hand every match over and remove it from what is left, unless it answers False."""

        def taken(match: re.Match[str]) -> str:
            return match[0] if understand(match) is False else " "

        self.left = _pattern(pattern).sub(taken, self.left)

    def take_of_whole(
        self, pattern: str, place: Callable[[re.Match[str]], tuple[float, float]]
    ) -> None:
        """Take a place that needs the length of the video; hide it from the later steps while that
        is not known."""

        def taken(match: re.Match[str]) -> str:
            if self.duration_s is None:
                self.waiting.append(match[0])
                return f"{_ASIDE}{len(self.waiting) - 1}{_ASIDE}"
            self.found["within"] = Spell(*place(match))
            return " "

        self.left = _pattern(pattern).sub(taken, self.left)

    @property
    def rest(self) -> str:
        """What nobody understood, with everything that was put aside back in its place."""
        aside = re.compile(rf"{_ASIDE}(\d+){_ASIDE}")
        return _rest(aside.sub(lambda m: self.waiting[int(m[1])], self.left))


@lru_cache(maxsize=128)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def read_wish(text: str, *, duration_s: float | None = None) -> Wish:
    """Raises Told for a wish that contradicts itself. Without `duration_s`, places that need it
    ("the second half") stay words until `placed` is asked."""
    reading = _Reading(_plain(text), duration_s)
    for step in (_captions, _ratio, _spans, _clock_lengths, _places, _lengths, _shape, _count):
        step(reading)
    return checked(Wish(text=reading.rest, **reading.found))


def placed(wish: Wish, duration_s: float) -> Wish:
    """The wish with every place it names, now that the length is known."""
    reading = _Reading(wish.text, duration_s)
    _places(reading)
    if reading.left == wish.text:
        return wish
    within = reading.found.get("within", wish.within)
    return replace(wish, text=reading.rest, within=within)


def checked(wish: Wish) -> Wish:
    """The wish itself; raises Told where nothing sensible can be meant."""
    low, high = wish.min_s, wish.max_s
    if wish.count is not None and wish.count < 1:
        raise Told("wish.no_clips")
    if low is not None and high is not None and low > high:
        raise Told("wish.min_over_max", low=low, high=high)
    if high is not None and high < SHORTEST_S:
        raise Told("wish.too_short", least=SHORTEST_S)
    return wish


def _plain(text: str) -> str:
    text = "".join(ch for ch in text if unicodedata.category(ch) not in _UNSEEN)
    text = " ".join(text.split())[:MOST_TEXT].replace("’", "'").replace("×", "x")
    said = tables()["said"]
    for phrase in sorted(said, key=len, reverse=True):
        text = _pattern(any_of([phrase])).sub(said[phrase], text)
    return text


def _rest(left: str) -> str:
    """What is left for people to read and for the topic: no filler at its ends."""
    filler = words("filler", "words")
    before = None
    while left != before:
        before = left
        left = re.sub(r"^[\s,;.:&+!-]+|[\s,;.:&+!-]+$", "", left)
        left = _pattern(rf"^{filler}\s+|(?:^|\s+){filler}$").sub("", left)
    left = re.sub(r"\s+([,;.])", r"\1", " ".join(left.split()))
    return re.sub(r"[,;](?:\s*[,;])+", ",", left)


# ── one thing after the other ───────────────────────────────────────────────────────────────────


def _captions(reading: _Reading) -> None:
    reading.take(words("no_captions", "phrases"), lambda _: reading.found.update(captions=False))


def _spans(reading: _Reading) -> None:
    spans: list[Spell] = []

    def understand(match: re.Match[str]) -> None:
        start, end = _clock(match.groups()[:4]), _clock(match.groups()[4:8])
        if end <= start:
            raise Told("wish.span_backwards", span=match[0].strip())
        spans.append(Spell(start, end))

    lead = rf"(?:{words('place', 'in')}\s+)?"
    reading.take(rf"{lead}(?<![\d:]){_CLOCK}{_TO}{_CLOCK}(?![\d:])", understand)
    if spans:
        reading.found["spans"] = tuple(spans)


def _clock(parts: tuple[str | None, ...]) -> float:
    hours, minutes, secs, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(secs or 0)
    return whole + float(f"0.{fraction or 0}")


def _clock_lengths(reading: _Reading) -> None:
    """ "under 1:30" is a length, "before 1:30" a place."""
    clock = rf"(?<![\d:]){_CLOCK}(?![\d:])"
    for name in ("most", "least"):
        field_name = "max_s" if name == "most" else "min_s"
        reading.take(
            rf"{words('length', name)}\s*{clock}",
            lambda match, to=field_name: reading.found.update({to: _clock(match.groups())}),  # type: ignore[misc]
        )


_SHARES = {
    **{"first_half": (0.0, 1 / 2), "second_half": (1 / 2, 1.0)},
    **{"first_third": (0.0, 1 / 3), "middle_third": (1 / 3, 2 / 3), "last_third": (2 / 3, 1.0)},
    **{"first_quarter": (0.0, 1 / 4), "last_quarter": (3 / 4, 1.0)},
}


def _places(reading: _Reading) -> None:
    whole = reading.duration_s or 0.0
    lead = rf"(?:{words('place', 'in')}\s+)?(?:{words('place', 'the')}\s+)?"
    video = r"(?:\s+(?:of|del|des|do|du)\s+(?:the\s+)?(?:video|vídeo|talk|videos))?"
    for name, (low, high) in _SHARES.items():
        here = (whole * low, whole * high)
        reading.take_of_whole(f"{lead}{words('place', name)}{video}", partial(_always, here))
    _stretches(reading, lead, video)
    _moments(reading)


def _always(here: tuple[float, float], _: re.Match[str]) -> tuple[float, float]:
    return here


def _stretches(reading: _Reading, lead: str, video: str) -> None:
    """ "the first 10 minutes", "skip the last minute"."""
    whole = reading.duration_s or 0.0
    skip, amount = rf"{words('place', 'skip')}\s+", rf"(?:\s+{number()})?{unit()}"
    first = rf"{lead}{words('place', 'first')}{amount}{video}"
    last = rf"{lead}{words('place', 'last')}{amount}{video}"

    def length_s(match: re.Match[str]) -> float:
        return seconds(match[1] or "1", match[2])

    def opening(match: re.Match[str]) -> None:
        reading.found["within"] = Spell(0.0, length_s(match))

    reading.take_of_whole(skip + first, lambda m: (min(whole, length_s(m)), whole))
    reading.take_of_whole(skip + last, lambda m: (0.0, max(0.0, whole - length_s(m))))
    reading.take(first, opening)
    reading.take_of_whole(last, lambda m: (max(0.0, whole - length_s(m)), whole))


def _moments(reading: _Reading) -> None:
    """ "after 12:30", "before 5:00", "around 7:15"."""
    whole = reading.duration_s or 0.0
    clock = rf"(?<![\d:]){_CLOCK}(?![\d:])"

    def before(match: re.Match[str]) -> None:
        reading.found["within"] = Spell(0.0, _clock(match.groups()))

    def around(match: re.Match[str]) -> None:
        at = _clock(match.groups())
        reading.found["within"] = Spell(max(0.0, at - _AROUND_S), at + _AROUND_S)

    onwards = rf"(?:\s+{words('place', 'onwards')})?"
    reading.take_of_whole(
        rf"{words('place', 'after')}\s+{clock}{onwards}",
        lambda m: (min(_clock(m.groups()), whole), whole),
    )
    reading.take(rf"{words('place', 'before')}\s+{clock}", before)
    reading.take(rf"(?:{words('place', 'around')}\s+)?{clock}", around)


def _lengths(reading: _Reading) -> None:
    found = reading.found

    def between(match: re.Match[str]) -> None:
        units = match[4]
        found["min_s"] = seconds(match[1], match[2] or units)
        found["max_s"] = seconds(match[3], units)

    def bound(name: str) -> Callable[[re.Match[str]], None]:
        return lambda match: found.update({name: seconds(match[1], match[2])})

    def about(match: re.Match[str]) -> None:
        length_s = seconds(match[1], match[2])
        found.setdefault("min_s", length_s * 0.75)
        found.setdefault("max_s", length_s * 1.25)

    n, u, each = number(), unit(), rf"(?:\s*{words('length', 'each')})?"
    of = rf"(?:{words('length', 'from')}\s+)?"
    reading.take(rf"{of}{n}(?:{u})?\s*{words('length', 'to')}\s*{n}{u}{each}", between)
    reading.take(rf"{of}{words('length', 'most')}\s*{n}{u}{each}", bound("max_s"))
    reading.take(rf"{words('length', 'least')}\s*{n}{u}{each}", bound("min_s"))
    reading.take(rf"{n}{u}{each}\s*{words('length', 'most_after')}", bound("max_s"))
    reading.take(rf"{n}{u}{each}\s*{words('length', 'least_after')}", bound("min_s"))
    if not {"min_s", "max_s"} & found.keys():
        reading.take(rf"(?:{words('length', 'about')}\s*)?{n}{u}{each}", about)


def _ratio(reading: _Reading) -> None:
    """ "9:16" is a shape unless it is said as a time."""
    before = words("shape_words", "before")
    as_time = rf"(?:{words('place', 'around')}|{words('place', 'after')})\s*$|[-–—]\s*$"
    for name in tables()["shape"]:

        def understand(match: re.Match[str], name: str = name) -> bool:
            head, tail = match.string[: match.start()], match.string[match.end() :]
            if re.search(as_time, head, re.IGNORECASE) or re.match(r"\s*[-–—]", tail):
                return False
            reading.found["format"] = name
            return True

        sides = name.replace(":", "[:x×]")
        reading.take(rf"(?<![\d:])(?:{before}\s+)?{sides}(?![\d:])(?:\s+format)?", understand)


def _shape(reading: _Reading) -> None:
    """The word of a shape, only where it can mean nothing else: there is a Times Square."""
    topic = _pattern(rf"{words('topic', 'before')}\s+[^,;]*").search(reading.left)
    before, after = words("shape_words", "before"), words("shape_words", "after")
    for name, said in tables()["shape"].items():

        def understand(match: re.Match[str], name: str = name) -> bool:
            head = match.string[: match.start()].rstrip(" .")
            tail = match.string[match.end() :].lstrip(" .")
            in_topic = bool(topic and topic.start() <= match.start() < topic.end())
            alone = head[-1:] in ("", ",", ";") and not tail[:1].isalpha() and not in_topic
            if alone or match[1] or match[2]:
                reading.found["format"] = name
                return True
            return False

        reading.take(rf"({before}\s+)?{any_of(said)}(\s+{after})?", understand)


def _count(reading: _Reading) -> None:
    def understand(match: re.Match[str]) -> bool:
        n = value(match[match.lastindex or 1])
        if "count" in reading.found or n != int(n):
            return False
        reading.found["count"] = int(n)
        return True

    n, thing, kind = number(), words("count", "thing"), words("count", "kind")
    most = rf"(?:{n}\s*(?:-|–|{words('length', 'to')})\s*)?"
    reading.take(rf"{most}{n}(?:\s*x(?!\w)|(?:\s+{kind})?\s+{thing})", understand)
    reading.take(rf"{thing}\s*:\s*{n}", understand)
    lead = rf"(?:(?:{words('count', 'before')}|{words('place', 'the')})\s+)*"
    end = rf"(?=\s*(?:$|[^\w\s]|{words('count', 'after')}|{kind}))"
    reading.take(rf"^\s*{lead}{n}{end}", understand)
