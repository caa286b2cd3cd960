"""Title, caption and tags of a clip, out of its own words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.clips.candidates import Candidate
from core.clips.features import Features

TITLE_CHARS = 60
CAPTION_CHARS = 300
"""Far below the 2200 both platforms allow: what is read is the first line."""
TAGS = 5
"""Instagram shows no more than five hashtags (instagram.md §0.10)."""


def title_of(c: Candidate, features: Features, name: str, rank: int) -> str:
    """The sentence that would make somebody stop, shortened at a word; the name of the source where
    the words are guesses or there are none."""
    if c.first < 0 or features.analysis.rough:
        return _part(name, rank)
    sentences = features.sentences[c.first : c.last + 1]

    def worth(i: int) -> float:
        text = sentences[i].text
        words = features.content[c.first + i]
        opening = features.openings[c.first + i]
        rare = sum(features.weight(w) for w in words) / max(4, len(words))
        fits = 1.0 if 15 <= len(text) <= TITLE_CHARS else 0.0
        said = 0.8 * opening.asks + 0.6 * bool(opening.strong) + 0.3 * opening.number
        weak = 0.9 * opening.dangling + 1.5 * opening.meta
        return rare + 1.2 * fits + said - weak - 0.05 * i

    best = max(range(len(sentences)), key=worth)
    title = _shorten(_tidy(sentences[best].text), TITLE_CHARS)
    return title if len(title) >= 8 else _part(name, rank)


def caption_of(c: Candidate, features: Features, title: str, tags: Sequence[str]) -> str:
    """A sentence or two and the tags, ready to be posted."""
    hashtags = " ".join(f"#{t}" for t in tags)
    if c.first < 0 or features.analysis.rough:
        return "\n\n".join(part for part in (title, hashtags) if part)
    text = ""
    for sentence in features.sentences[c.first : c.last + 1]:
        longer = f"{text} {_tidy(sentence.text, keep_end=True)}".strip()
        if text and len(longer) > CAPTION_CHARS / 2:
            break
        text = longer
    return "\n\n".join(part for part in (_shorten(text, CAPTION_CHARS), hashtags) if part)


def tags_of(c: Candidate, features: Features, name: str) -> tuple[str, ...]:
    """Up to five key words as tags; from the name of the source where words are guesses."""
    if c.first < 0 or features.analysis.rough:
        words = [w for w in re.findall(r"[^\W\d_]{3,}", name.lower()) if w != "video"]
    else:
        words = features.key_words(c, 12)
    tags: list[str] = []
    for word in words:
        tag = re.sub(r"[^\w]", "", word)
        # `cats` says nothing that `cat` does not.
        if len(tag) > 2 and not any(tag.startswith(t) or t.startswith(tag) for t in tags):
            tags.append(tag)
    return tuple(tags[:TAGS])


def _part(name: str, rank: int) -> str:
    plain = " ".join(re.sub(r"[_\-.]+", " ", name).split())[: TITLE_CHARS - 8].strip()
    return f"{plain[:1].upper()}{plain[1:]}, part {rank}" if plain else f"Clip {rank}"


def _tidy(text: str, *, keep_end: bool = False) -> str:
    """One line, no shouting, a capital first letter, no end mark unless it asks or exclaims."""
    text = " ".join(text.split()).strip("\"'“”«» -–—")
    letters = [ch for ch in text if ch.isalpha()]
    if len(letters) > 6 and sum(ch.isupper() for ch in letters) > 0.7 * len(letters):
        text = text.lower()
    if not keep_end:
        text = text.rstrip(" .,;:…。،")
    return text[:1].upper() + text[1:]


def _shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words; the cut is shown."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    if " " in cut[limit // 2 :]:
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip(" ,;:.-–—") + "…"
