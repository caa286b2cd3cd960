"""What people write with a video, read: "3 under 40s about pricing, from the second half".

What is understood becomes a number or a stretch; the rest stays as words and steers the choice.
The phrases of six languages are data (`wish.toml`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from core.clips.base import Wish
from core.clips.cover_words import MOST_CHARS, take_cover
from core.clips.tight import Tight
from core.clips.wish_places import CLOCK, clock_s, places, spans
from core.clips.wish_reading import Reading, pattern
from core.clips.wish_tight import What, tightness
from core.clips.wish_topics import each_topic, opening, size, without
from core.clips.wish_words import any_of, number, seconds, tables, unit, value, words
from core.errors import Told

MOST_CLIPS = 20
"""Of one video in one go; a person would not look at more."""
MOST_TEXT = 500
"""Characters of a wish that are read; a caption of a message may be longer."""
SHORTEST_S, LONGEST_S = 3.0, 600.0
"""Instagram refuses reels under 3 s, TikTok takes up to 10 minutes by its API (clips.md §5.5)."""

_UNSEEN = frozenset({"Cf", "So", "Sk", "Co", "Cn", "Cs"})
"""Marks of writing direction, emoji and the like."""
_JOINED = re.compile(r"(?<!\w)و(?=(?:واحد|واحدة|آخر|أخرى|اثن[اي]ن)(?!\w))")
"""Arabic writes "and" as a part of the next word."""
_SPELT_CLOCK = re.compile(
    r"(?<!\w)(?:(?P<h>\d{1,2})h(?P<hm>\d{1,2})m(?:(?P<hs>\d{1,2})s)?|(?P<m>\d{1,3})m(?P<s>\d{1,2})s)(?!\w)"
)


def read_wish(text: str, *, duration_s: float | None = None) -> Wish:
    """Raises Told for a wish that contradicts itself. Without `duration_s`, places that need it
    ("the second half") stay words until `placed` is asked."""
    reading = Reading(_plain(text), duration_s)
    for step in _STEPS:
        step(reading)
    return checked(Wish(text=reading.rest, **reading.found))


def placed(wish: Wish, duration_s: float) -> Wish:
    """The wish with every place it names, now that the length is known."""
    reading = Reading(wish.text, duration_s)
    places(reading)
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


def tight_of(wish: Wish) -> Tight:
    """What is to go from its clips, as far as they stay as long as they are wished."""
    return replace(wish.tight, least_s=wish.min_s or SHORTEST_S)


def _plain(text: str) -> str:
    text = "".join(ch for ch in text if unicodedata.category(ch) not in _UNSEEN)
    text = " ".join(text.split())[:MOST_TEXT].replace("’", "'").replace("×", "x")
    text = "".join(str(unicodedata.decimal(ch, ch)) for ch in text)
    text = _SPELT_CLOCK.sub(_as_clock, text)
    text = _JOINED.sub("و ", text)
    said = tables()["said"]
    for phrase in sorted(said, key=len, reverse=True):
        text = pattern(any_of([phrase])).sub(said[phrase], text)
    return text


def _as_clock(match: re.Match[str]) -> str:
    """`1h02m03s` and `2m30s` as `1:02:03` and `2:30`."""
    if match["h"]:
        return f"{match['h']}:{int(match['hm']):02d}:{int(match['hs'] or 0):02d}"
    return f"{match['m']}:{int(match['s']):02d}"


# ── one thing after the other ───────────────────────────────────────────────────────────────────


def _captions(reading: Reading) -> None:
    reading.take(words("no_captions", "phrases"), lambda _: reading.found.update(captions=False))


def _cover(reading: Reading) -> None:
    """First of all: its text may hold anything."""

    def understand(_: re.Match[str], text: str | None) -> None:
        reading.found["cover"] = text if text is None else text[:MOST_CHARS]

    take_cover(reading.take, understand)


def _sound(reading: Reading) -> None:
    for cleaning in ("leave", "clean"):
        reading.take(
            words("sound", cleaning),
            lambda _, as_=cleaning: reading.found.update(cleaning=as_),  # type: ignore[misc]
        )
    reading.take(words("music", "off"), lambda _: reading.found.update(music=False))
    reading.take(words("music", "on"), lambda _: reading.found.update(music=True))


def _tight(reading: Reading) -> None:
    def understand(what: What, out: bool, _: int) -> None:
        was = reading.found.get("tight", Tight())
        pauses = out if what != "fillers" else was.pauses
        reading.found["tight"] = Tight(pauses, out if what != "pauses" else was.fillers)

    tightness(reading.take, understand)


def _clock_lengths(reading: Reading) -> None:
    """ "under 1:30" is a length, "before 1:30" a place."""
    clock = rf"(?<![\d:]){CLOCK}(?![\d:])"
    for name in ("most", "least"):
        field_name = "max_s" if name == "most" else "min_s"
        reading.take(
            rf"{words('length', name)}\s*{clock}",
            lambda match, to=field_name: reading.found.update({to: clock_s(match.groups())}),  # type: ignore[misc]
        )


def _lengths(reading: Reading) -> None:
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


def _ratio(reading: Reading) -> None:
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


def _shape(reading: Reading) -> None:
    """The word of a shape, only where it can mean nothing else: there is a Times Square."""
    topic = pattern(rf"{words('topic', 'before')}\s+[^,;]*").search(reading.left)
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


def _count(reading: Reading) -> None:
    def understand(match: re.Match[str]) -> bool:
        n = value(match[match.lastindex or 1])
        if "count" in reading.found or n != int(n):
            return False
        reading.found["count"] = int(n)
        return True

    each_topic(reading)
    n, thing, kind = number(), words("count", "thing"), words("count", "kind")
    most = rf"(?:{n}\s*(?:-|–|{words('length', 'to')})\s*)?"
    reading.take(rf"{most}{n}(?:\s*x(?!\w)|(?:\s+{kind})?\s+{thing})", understand)
    reading.take(rf"{thing}\s*:\s*{n}", understand)
    lead = rf"(?:(?:{words('count', 'before')}|{words('place', 'the')})\s+)*"
    end = rf"(?=\s*(?:$|[^\w\s]|{words('count', 'after')}|{kind}|{_tones()}))"
    reading.take(rf"^\s*{lead}{n}{end}", understand)
    if topics := reading.found.get("topics"):
        reading.found["count"] = max(reading.found.get("count", 0), sum(n for _, n in topics))


def _tones() -> str:
    return any_of(w for said in tables()["tone"].values() for w in said)


_STEPS = (
    *(_cover, _captions, _sound, _tight, _ratio, spans, _clock_lengths, places, opening, without),
    *(_lengths, size, _shape, _count),
)
"""In this order: what is understood is gone for the later ones."""
