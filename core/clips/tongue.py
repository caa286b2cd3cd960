"""Which language a passage is spoken in: some videos speak two in turn."""

from __future__ import annotations

from collections import Counter

import regex

from core.clips.lexicon import family, hints, tokens, with_table

_SCRIPTS = regex.compile(
    r"(?P<ru>\p{Cyrillic})|(?P<ar>\p{Arabic})|(?P<zh>\p{Han})|(?P<ja>[\p{Hiragana}\p{Katakana}])"
    r"|(?P<el>\p{Greek})|(?P<he>\p{Hebrew})|(?P<hi>\p{Devanagari})|(?P<ko>\p{Hangul})"
    r"|(?P<th>\p{Thai})|(?P<latin>\p{Latin})"
)
_CLEARLY, _AT_LEAST = 2, 4
"""Times as many function words of another language, and how many: then it is spoken here."""


def spoken_language(text: str, declared: str | None) -> str | None:
    """The language of a passage: the declared one, unless its letters or its function words say
    another. Some videos speak two in turn."""
    script = _script(text)
    if script not in ("latin", ""):
        own_script = _SCRIPT_OF.get(family(declared), "latin")
        return declared if own_script == script else script
    said = tokens(text)
    counts = {code: sum(t in hints("stop", code) for t in said) for code in with_table()}
    best = max(counts, key=lambda code: counts[code])
    own = counts.get(family(declared), 0)
    if counts[best] >= _AT_LEAST and counts[best] > _CLEARLY * own and _knows(declared, best):
        return best
    return declared


def _knows(declared: str | None, best: str) -> bool:
    """A language without a table may only look like a neighbour that has one."""
    return declared is None or family(declared) in with_table() or not _cousins(declared, best)


def _cousins(a: str | None, b: str) -> bool:
    return any(family(a) in kin and b in kin for kin in _KIN)


_KIN = (
    frozenset({"es", "pt", "fr", "it", "ca", "gl", "ro"}),
    frozenset({"en", "de", "nl", "sv", "da", "no", "nb", "nn", "af", "is"}),
)
_SCRIPT_OF = {
    **dict.fromkeys(("ru", "uk", "be", "bg", "sr", "mk", "kk", "mn"), "ru"),
    **dict.fromkeys(("ar", "fa", "ur", "ps", "ckb"), "ar"),
    **dict.fromkeys(("zh", "yue"), "zh"),
    **dict.fromkeys(("hi", "mr", "ne"), "hi"),
    **{"ja": "ja", "el": "el", "he": "he", "iw": "he", "ko": "ko", "th": "th"},
}


def _script(text: str) -> str:
    """The script most letters are of; any kana makes Han Japanese."""
    found = Counter(m.lastgroup or "" for m in _SCRIPTS.finditer(text))
    if found["ja"]:
        found["ja"] += found.pop("zh", 0)
    return max(found, key=lambda s: found[s], default="")
