"""What somebody writes about a clip, read: "start 2 s earlier, no captions" is two changes.

    read("drop the first sentence; change word prise to price")

The phrases of six languages are data (`edits.toml`). Only what was understood whole is done: of a
sentence with a rest nobody understood, nothing is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from core.captions.style import styles
from core.clips.cover_words import take_cover
from core.clips.wish_tight import What, tightness
from core.clips.wish_words import any_of
from core.edits.change import Change, Kind
from core.edits.languages import language_said
from core.edits.phrases import CLOCK, GAP, clock, length, number, seconds, tables, value, words
from core.errors import Told

MOST_CHARS = 1000
_QUOTES = "\"'“”„‚‘’«»‹›「」"
_UNSEEN = frozenset({"Cf", "So", "Sk", "Co", "Cn", "Cs"})


def read(text: str) -> tuple[Change, ...]:
    """The changes in the order they were written. Raises Told for what nobody understands."""
    found: list[Change] = []
    for part in re.split(r"[;\n]+", text[:MOST_CHARS]):
        if part.strip():
            found += _part(part.strip())
    if not found:
        raise Told("edit.not_understood", said=text.strip()[:80])
    return tuple(found)


def _part(text: str) -> list[Change]:
    plain = " ".join(
        "".join(c for c in text if unicodedata.category(c) not in _UNSEEN or c == "→").split()
    )
    scan = _Scan(plain.replace("’", "'"))
    for step in _STEPS:
        step(scan)
    if scan.found and not scan.rest:
        return [change for _, change in sorted(scan.found, key=lambda f: f[0])]
    if (whole := _whole(plain)) is not None:
        return [whole]
    if scan.found:
        raise Told("edit.partly", said=scan.rest[:80])
    return _style_alone(scan.rest, plain)


def _style_alone(rest: str, said: str) -> list[Change]:
    """The name of a style by itself is that style."""
    name = _styles().get(rest.casefold())
    if name is None:
        raise Told("edit.not_understood", said=said[:80])
    return [Change("style", text=name)]


# ── whole sentences ─────────────────────────────────────────────────────────────────────────────


def _whole(text: str) -> Change | None:
    """A title, or a word that is to be another: taken as they are written."""
    for pattern in tables()["sentence"]["title"]:
        if match := _pattern(pattern).fullmatch(text):
            return Change("title", text=_unquoted(match["title"]))
    for pattern in tables()["sentence"]["leave_out"]:
        if match := _pattern(pattern).fullmatch(text):
            return Change("fix", text=_unquoted(match["old"]))
    for pattern in tables()["sentence"]["fix"]:
        if match := _pattern(pattern).fullmatch(text):
            return Change("fix", text=_unquoted(match["old"]), new=_unquoted(match["new"]))
    return None


def _unquoted(said: str) -> str:
    return said.strip().strip(_QUOTES).strip()


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


# ── phrases ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Scan:
    """The text that is left, and what was understood so far with its place."""

    left: str
    found: list[tuple[int, Change]] = field(default_factory=list)

    def take(self, pattern: str, understand: Callable[[re.Match[str]], Change | None]) -> None:
        """Every match becomes a change and is blanked out, so that places stay."""

        def taken(match: re.Match[str]) -> str:
            change = understand(match)
            if change is None:
                return match[0]
            self.found.append((match.start(), change))
            return " " * len(match[0])

        self.left = _pattern(pattern).sub(taken, self.left)

    @property
    def rest(self) -> str:
        """What is left when words that say nothing are taken away."""
        bare = re.sub(rf"{any_of(tables()['filler']['words'])}", " ", self.left, flags=re.I)
        return " ".join(re.sub(r"[\s,.!?:،。+&/()-]+", " ", bare).split())


def _phrases(kind: Kind, section: str, name: str, amount: float = 0.0) -> Callable[[_Scan], None]:
    def step(scan: _Scan) -> None:
        scan.take(words(section, name), lambda _: Change(kind, amount))

    return step


def _cover(scan: _Scan) -> None:
    """First of all: its text may hold anything."""

    def understand(_: re.Match[str], text: str | None) -> Change | None:
        return Change("cover", amount=float(text is not None), text=text or "")

    take_cover(scan.take, understand)


def _sound(scan: _Scan) -> None:
    for cleaning in ("leave", "clean"):

        def understand(_: re.Match[str], cleaning: str = cleaning) -> Change:
            return Change("sound", text=cleaning)

        scan.take(words("sound", cleaning), understand)


def _tight(scan: _Scan) -> None:
    def understand(what: What, out: bool, at: int) -> None:
        scan.found.append((at, Change("tight", int(out), what)))

    def take(pattern: str, told: Callable[[re.Match[str]], None]) -> None:
        def taken(match: re.Match[str]) -> str:
            told(match)
            return " " * len(match[0])

        scan.left = _pattern(pattern).sub(taken, scan.left)

    tightness(take, understand)


def _language(scan: _Scan) -> None:
    original = words("language", "original")
    scan.take(original, lambda _: Change("language", text=""))

    def understand(match: re.Match[str]) -> Change | None:
        code = language_said(match[1])
        return Change("language", text=code) if code else None

    scan.take(rf"{words('language', 'into')}\s*(?:ins?\s+|ال)?([\w-]+)", understand)


def _sentences(scan: _Scan) -> None:
    """ "drop the first two sentences", "احذف الجملة الأولى"."""
    sentence, many = words("sentences", "sentence"), rf"(?:\s*{number()})?"
    for side, kind in (("first", "drop_first"), ("last", "drop_last")):
        which = words("sentences", side)

        def understand(match: re.Match[str], kind: Kind = kind) -> Change:  # type: ignore[assignment]
            return Change(kind, value(match[1]) if match.re.groups and match[1] else _dual(match))

        scan.take(rf"{which}{many}\s+{sentence}", understand)
        scan.take(rf"{number()}\s+{which}\s+{sentence}", understand)
        scan.take(rf"{sentence}\s+{which}", understand)


def _dual(match: re.Match[str]) -> float:
    """Arabic has one word for two sentences."""
    return 2.0 if "جملتين" in match[0] else 1.0


def _moves(scan: _Scan) -> None:
    """ "start 2 s earlier", "2 Sekunden später enden"."""
    ways = (("earlier", -1), ("later", 1))
    for side, kind in (("start", "start_by"), ("end", "end_by")):
        edge = words("edge", side)
        for way, sign in ways:
            when = words("edge", way)

            def understand(match: re.Match[str], kind: Kind = kind, sign: int = sign) -> Change:  # type: ignore[assignment]
                return Change(kind, sign * seconds(match[1], match[2]))

            scan.take(rf"{edge}{GAP}{length()}{GAP}{when}", understand)
            scan.take(rf"{edge}{GAP}{when}{GAP}{length()}", understand)
            scan.take(rf"{length()}{GAP}{when}{GAP}{edge}", understand)
            scan.take(rf"{when}{GAP}{edge}{GAP}{length()}", understand)


def _lengths(scan: _Scan) -> None:
    """ "3 s longer" moves the end."""
    for way, sign in (("longer", 1), ("shorter", -1)):
        said = words("edge", way)

        def understand(match: re.Match[str], sign: int = sign) -> Change:
            return Change("end_by", sign * seconds(match[1], match[2]))

        scan.take(rf"{length()}\s+{said}", understand)
        scan.take(rf"{said}{GAP}{length()}", understand)


def _places(scan: _Scan) -> None:
    """ "end at 1:15"."""
    for side, kind in (("start", "start_at"), ("end", "end_at")):

        def understand(match: re.Match[str], kind: Kind = kind) -> Change:  # type: ignore[assignment]
            return Change(kind, clock(match.groups()))

        scan.take(rf"{words('edge', side)}{GAP}(?<![\d:]){CLOCK}(?![\d:])", understand)


def _style(scan: _Scan) -> None:
    said, style = any_of(_styles()), words("style_word", "words")

    def understand(match: re.Match[str]) -> Change:
        return Change("style", text=_styles()[" ".join(match[1].split()).casefold()])

    scan.take(rf"{style}\s*(?::|to|a|auf|на|إلى|to the|in)?\s*({said})", understand)
    scan.take(rf"({said})\s+{style}", understand)


@cache
def _styles() -> dict[str, str]:
    """What a style is called, and its name; of two the name of a file wins."""
    named = {w.casefold(): name for name, said in tables()["style"].items() for w in said}
    return {**named, **{name: name for name in styles()}}


def _shape(scan: _Scan) -> None:
    for name, said in tables()["shape"].items():

        def understand(_: re.Match[str], name: str = name) -> Change:
            return Change("shape", text=name)

        scan.take(rf"(?<![\d:]){any_of(said)}(?![\d:])", understand)


_STEPS: tuple[Callable[[_Scan], None], ...] = (
    _cover,
    _phrases("emoji", "emoji", "off", 0),
    _phrases("emoji", "emoji", "on", 1),
    _phrases("mask", "mask", "off", 0),
    _phrases("mask", "mask", "on", 1),
    _sound,
    _phrases("music", "music", "off", 0),
    _phrases("music", "music", "on", 1),
    _language,
    _phrases("captions", "captions", "off", 0),
    _phrases("captions", "captions", "on", 1),
    _tight,
    _style,
    _phrases("other", "other", "phrases"),
    _sentences,
    _places,
    _moves,
    _lengths,
    _shape,
    _phrases("undo", "undo", "phrases"),
)
