"""What clips are about one by one, what one must begin with and not be about, and "short ones"."""

from __future__ import annotations

import re

from core.clips.wish_reading import ASIDE, Reading, pattern, tidy
from core.clips.wish_words import any_of, number, tables, value, words

SHORT_MOST_S = 30.0
LONG_LEAST_S, LONG_MOST_S = 45.0, 90.0
_TO_COMMA = rf"\s+([^,;،{ASIDE}]+)"
_VERY = any_of(("very", "really", "muy", "sehr", "muito", "très", "очень"))


def opening(reading: Reading) -> None:
    """ "start at the joke", "begin with the question about money"."""

    def understand(match: re.Match[str]) -> None:
        reading.found["opening"] = tidy(match[1])

    reading.take(rf"{words('topic', 'opening')}{_TO_COMMA}", understand)


def without(reading: Reading) -> None:
    """ "not about politics", "ohne Werbung"."""

    def understand(match: re.Match[str]) -> None:
        before = reading.found.get("without", "")
        reading.found["without"] = f"{before} {tidy(match[1])}".strip()

    reading.take(rf"{words('topic', 'not')}{_TO_COMMA}", understand)


def each_topic(reading: Reading) -> None:
    """ "one about pricing and two about hiring", "one each on bread and wine"."""
    topics = _each_of(reading) or _one_by_one(reading)
    if topics:
        reading.found["topics"] = tuple(topics)


def _one_by_one(reading: Reading) -> list[tuple[str, int]]:
    """A number before every topic; one number alone leaves the topic in the words."""
    thing = rf"(?:\s+(?:{words('count', 'thing')}))?"
    n = rf"(?:{number()}|{words('topic', 'one_more')})"
    begins = pattern(rf"{n}{thing}\s+{_about()}\s+")
    found = list(begins.finditer(reading.left))
    if len(found) < 2:
        return []
    topics, text = [], reading.left
    for here, after in zip(found, [*found[1:], None], strict=True):
        said = text[here.end() : after.start() if after else len(text)]
        about = said if after else re.split(rf"[,;.،{ASIDE}]", said)[0]
        topics.append((_bare(about), int(value(here[1])) if here[1] else 1))
    reading.left = f"{text[: found[0].start()]} , {said[len(about) :]}"
    return [(about, n) for about, n in topics if about]


def _each_of(reading: Reading) -> list[tuple[str, int]]:
    each = words("length", "each")
    counted = rf"(?:{number()}\s+{each}|{each}\s+{number()})\s+{_about()}\s+([^,;.،{ASIDE}]+)"
    match = pattern(counted).search(reading.left)
    if match is None:
        return []
    parts = [p for p in re.split(_either(), match[3]) if p.strip()]
    if len(parts) < 2:
        return []
    reading.left = f"{reading.left[: match.start()]} , {reading.left[match.end() :]}"
    return [(_bare(part), int(value(match[1] or match[2]))) for part in parts]


def _about() -> str:
    return rf"(?:{words('topic', 'before')}|{words('topic', 'each_before')})"


def _either() -> str:
    return "|".join(re.escape(w) for w in tables()["topic"]["either"])


def _bare(about: str) -> str:
    """Without the words that join it to the next one, or to its preposition."""
    left, right = rf"^(?:{_about()}\s+)", rf"(?:{_either()})\s*$"
    about = pattern(right).sub("", f"{tidy(about)} ").strip()
    return tidy(pattern(left).sub("", about))


def size(reading: Reading) -> None:
    """ "short ones", "3 longer clips", "shorter"; a number says it better."""
    if {"min_s", "max_s"} & reading.found.keys():
        return
    thing = words("size", "thing")
    for name in ("short", "long"):
        adjective = words("size", name)

        def understand(_: re.Match[str], name: str = name) -> None:
            limits = {"max_s": SHORT_MOST_S}
            if name == "long":
                limits = {"min_s": LONG_LEAST_S, "max_s": LONG_MOST_S}
            for field, limit in limits.items():
                reading.found.setdefault(field, limit)

        # The noun stays: it tells what the number in front of it counts.
        reading.take(rf"{adjective}(?=\s+{thing})", understand)
        reading.take(rf"(?:{_VERY}\s+)?{adjective}(?=\s*(?:$|[,;،]))", understand)
        # "clipes curtos": behind its noun, where the number alone tells the count as well.
        reading.take(rf"{thing}\s+{adjective}", understand)
