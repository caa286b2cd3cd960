"""Spoken text made fit to be read: one line, no shouting, no stage directions."""

from __future__ import annotations

import re

import regex

from core.clips.lexicon import opens_with, tokens

_DIRECTIONS = re.compile(r"\[[^\]]*\]|\([^)]{0,40}\)|[♪♫#]+|>{2,}|<[^>]{1,20}>|\{[^}]*\}")
"""What subtitles write beside the words: [Music], (laughs), ♪, >>, <i>."""
_SPEAKER = regex.compile(r"^\p{Lu}[\p{Lu}\d .'-]{1,24}:\s+")
_HANDLES = re.compile(r"https?://\S+|www\.\S+|(?<!\w)@\w+", re.IGNORECASE)
_CLAUSE_ENDS = re.compile(r"(?<=[,;:—–])\s+|\s+[-–—]\s+|(?<=[，、；：])")
_STRONG_ENDS = re.compile(r"(?<=[;:—])\s+|\s+[-–—]\s+|(?<=[；：])")
_ENDS = " .,;:…。，、；：·-–—"


def spoken_text(text: str) -> str:
    """Only what was said."""
    text = _HANDLES.sub(" ", _DIRECTIONS.sub(" ", text))
    return str(_SPEAKER.sub("", " ".join(text.split()).lstrip("-–—• ")))


def tidied(text: str, *, keep_end: bool = False) -> str:
    """One line, no shouting, a capital first letter, no end mark unless it asks or exclaims."""
    text = _paired(spoken_text(text).strip())
    letters = [ch for ch in text if ch.isalpha()]
    if len(letters) > 6 and sum(ch.isupper() for ch in letters) > 0.7 * len(letters):
        text = text.lower()
    text = re.sub(r"([!?])[!?]+", r"\1", text)
    if not keep_end:
        text = text.rstrip(_ENDS).rstrip("!").rstrip(_ENDS)
    mark = text[:1] if text[:1] in "¿¡" else ""
    rest = text[len(mark) :]
    return mark + rest[:1].upper() + rest[1:]


def without_filler(text: str, language: str | None) -> str:
    """Without "So," and "And then" at its start, as long as something is left."""
    mark = text[:1] if text[:1] in "¿¡" else ""
    for _ in range(3):
        said = opens_with(tokens(text)[:4], "filler", language)
        if said is None:
            break
        rest = text
        for word in said.split():
            at = rest.lower().find(word)
            rest = rest[at + len(word) :].lstrip(" ,;:.…-–—")
        if len(rest) < 8:
            break
        text = f"{mark}{rest[:1].upper()}{rest[1:]}"
    return text


def clauses(text: str) -> list[str]:
    """The parts of a long sentence that can stand by themselves: what comes before the first comma,
    and what stands between stronger marks."""
    strong = [p.strip(_ENDS) for p in _STRONG_ENDS.split(text)]
    first = _CLAUSE_ENDS.split(text)[0].strip(_ENDS)
    parts = [first, *(strong if len(strong) > 1 else [])]
    long = (p for p in parts if len(p) >= 15 and (len(p.split()) >= 4 or not p.isascii()))
    return list(dict.fromkeys(p[:1].upper() + p[1:] for p in long))


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words; the cut is shown."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    if " " in cut[limit // 2 :] and not text[limit - 1].isspace():
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip(_ENDS + "!?") + "…"


def _paired(text: str) -> str:
    """No quotation mark that is opened and never closed."""
    for opening, closing in ('""', "“”", "«»", "„“", "「」"):
        if (
            (text.count(opening) % 2)
            if opening == closing
            else (text.count(opening) != text.count(closing))
        ):
            text = text.replace(opening, "").replace(closing, "")
    return text.strip()
