"""Title, caption and tags of a clip, out of its own words; humble where these are guesses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import pairwise

import regex

from core.clips.candidates import Candidate
from core.clips.features import Features
from core.clips.lexicon import content_words, opens_with, spaced, tokens
from core.clips.tidy import clauses, shorten, tidied, without_filler

TITLE_CHARS = 60
SHORTEST_TITLE = 8
CAPTION_CHARS = 300
"""Far below the 2200 both platforms allow: what is read is the first line."""
TAGS = 5
"""Instagram shows no more than five hashtags (instagram.md §0.10)."""
UNSURE = 0.15
"""Of the words of a sentence no more may be guessed."""
SHARED = 0.5
"""So many of the words of a usual sentence are in others, too."""
SURE = 0.5
"""Below it a recogniser guesses; such a word is in no title and no tag."""


class Wording:
    """Words one video's clips, each unlike the others."""

    def __init__(self, features: Features, name: str, clips: int) -> None:
        self._features = features
        self._name, self._clips = plain_name(name), clips
        self._language = features.analysis.language
        self._in_sentences = Counter(w for s in features.sentences for w in set(tokens(s.text)))
        self._taken: set[str] = set()

    def title(self, c: Candidate, part: int, given: str | None = None) -> str:
        """What would make somebody stop; the name of the source where the words are guesses.
        `part` counts the clips in the order of the video; `given` was found elsewhere."""
        titles = [*([given] if given else []), *self._titles(c)]
        title = next((t for t in titles if t.lower() not in self._taken), "") or self._part(part)
        self._taken.add(title.lower())
        return title

    def caption(self, c: Candidate, title: str, tags: Sequence[str]) -> str:
        """A sentence or two and the tags, ready to be posted."""
        text = self._said(c) or title
        hashtags = " ".join(f"#{t}" for t in tags)
        return "\n\n".join(part for part in (text, hashtags) if part)

    def tags(self, c: Candidate) -> tuple[str, ...]:
        """Up to five key words, the most telling first."""
        found: list[str] = []
        for word in self._tag_words(c):
            if "'" in word or "’" in word or _NO_WORD_ENDS.search(word):
                continue  # nobody looks for #mustve, or for two letters of a Thai word
            tag = regex.sub(r"[^\w]", "", word)
            # `cats` says nothing that `cat` does not.
            told = any(tag.startswith(t) or t.startswith(tag) for t in found)
            if len(tag) > 1 and not told:
                found.append(tag)
        return tuple(found[:TAGS])

    # ── titles ─────────────────────────────────────────────────────────────────────────────────

    def _trusted(self, c: Candidate) -> bool:
        return c.first >= 0 and not self._features.analysis.rough

    def _titles(self, c: Candidate) -> list[str]:
        """Everything that could be the title, best first."""
        if not self._trusted(c):
            return []
        found: list[tuple[float, str]] = []
        for i in range(c.first, c.last + 1):
            guessed, text = self._guessed(i), self._features.sentences[i].text
            if guessed is None:
                continue
            whole = without_filler(tidied(text), self._language)
            worth = self._worth(i, whole) - 0.06 * (i - c.first) - 0.5 * bool(guessed)
            if len(whole) <= TITLE_CHARS:
                parts = [(worth + 1.0, whole)]
            else:
                parts = [
                    (worth + 0.4 - 0.1 * k, without_filler(part, self._language))
                    for k, part in enumerate(clauses(tidied(text)))
                    if len(part) <= TITLE_CHARS and not guessed
                ]
                parts.append((worth, shorten(whole, TITLE_CHARS)))
            found += [(w, part) for w, part in parts if guessed.isdisjoint(tokens(part))]
        found.sort(key=lambda f: -f[0])
        return [text for _, text in found if self._says_something(text)]

    def _guessed(self, i: int) -> set[str] | None:
        """The words of a sentence of which the recogniser is not sure; None where these are so many
        that the rest means nothing either."""
        sentence = self._features.sentences[i]
        words = self._features.words[sentence.first : sentence.last + 1]
        unsure = [w for w in words if w.sure < SURE]
        if len(unsure) > UNSURE * len(words):
            return None
        return {t for w in unsure for t in tokens(w.text)}

    def _worth(self, i: int, text: str) -> float:
        opening, words = self._features.openings[i], self._features.stems[i]
        weight = self._features.vocabulary.weight
        rare = sum(weight(w) for w in words) / max(4, len(words))
        said = 0.8 * opening.asks + 0.6 * bool(opening.strong) + 0.3 * bool(opening.number)
        needs_more = opens_with(tokens(text)[:4], "dangling", self._language) is not None
        alone = self._stands_alone(i)
        return (
            rare
            + said
            - 0.9 * needs_more
            - 1.5 * opening.meta
            - 2.0 * alone
            - 0.6 * (len(text) < 18)
        )

    def _stands_alone(self, i: int) -> float:
        """How far the words of a sentence, be they as small as "the", are in no other one, 0…1: it
        is in another language than the rest, or was misheard, however telling it seems."""
        said = set(tokens(self._features.sentences[i].text))
        shared = sum(self._in_sentences[w] > 1 for w in said)
        return max(0.0, 1.0 - shared / (SHARED * max(1, len(said))))

    def _says_something(self, text: str) -> bool:
        return len(text) >= SHORTEST_TITLE and bool(content_words(text, self._language))

    def _part(self, part: int) -> str:
        if not self._name:
            return f"Clip {part}"
        if _DATE.fullmatch(self._name):
            return f"Clip {part}, {self._name}"
        short = shorten(self._name, TITLE_CHARS - 9)
        return short if self._clips == 1 else f"{short}, part {part}"

    # ── captions and tags ──────────────────────────────────────────────────────────────────────

    def _said(self, c: Candidate) -> str:
        """The first sentences, as far as the recogniser is sure of them."""
        if not self._trusted(c):
            return ""
        text = ""
        for sentence in self._features.sentences[c.first : c.last + 1]:
            if sentence.sure < SURE:
                break
            longer = f"{text} {tidied(sentence.text, keep_end=True)}".strip()
            if text and len(longer) > CAPTION_CHARS / 2:
                break
            text = longer
            if not sentence.ended:
                break
        return shorten(text, CAPTION_CHARS)

    def _tag_words(self, c: Candidate) -> list[str]:
        named = [w for w in content_words(self._name, None) if w.isalpha() and len(w) > 3]
        if not self._trusted(c):
            return named
        sure = {
            t
            for i in range(c.first, c.last + 1)
            if self._features.sentences[i].sure >= SURE
            for t in self._features.content[i]
        }
        keys = [w for w in self._features.key_words(c, 16) if w in sure]
        return [*self._pairs(c, sure), *keys, *named]

    def _pairs(self, c: Candidate, sure: Collection[str]) -> list[str]:
        """Two words that belong together ("machine learning"): often here, and side by side."""
        texts = (self._features.sentences[i].text for i in range(c.first, c.last + 1))
        pairs = Counter(p for text in texts for p in pairwise(tokens(text)))
        return [
            a + b
            for (a, b), n in pairs.most_common(5)
            if n >= 3 and a in sure and b in sure and a != b and spaced(a)
        ]


def plain_name(name: str) -> str:
    """A file name as people would say it: no underscores, sizes, codecs, hashes, lengths. Nothing
    of a name that a camera gave, or that says no more than that it is a video; but its date."""
    words = re.sub(r"\(\d+\)|[_\-.+()\[\]]+", " ", name).split()
    kept = [w for w in words if not _NOISE.fullmatch(w)]
    if any(not _SAYS_NOTHING.fullmatch(w) for w in kept):
        text = " ".join(kept)
        return text[:1].upper() + text[1:]
    date = _DATE.search(name)
    return "-".join(date.groups()) if date else ""


_NO_WORD_ENDS = regex.compile(r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
"""Nothing shows where a word of these scripts ends."""
_NOISE = re.compile(
    r"\d+p|\d+x\d+|\d+fps|\d+k|\d+s|\d+min\d*|h26[45]|x26[45]|hevc|avc|vp[89]|av1|vfr|hdr|mp4|mov"
    r"|webm|[0-9a-f]{16,}|final\d*|copy|v\d+|export\d*|render\d*|\d{6,}",
    re.IGNORECASE,
)
_SAYS_NOTHING = re.compile(
    r"\d+|am|pm|at|um|my|new|the|of|to|img|vid|dsc[fn]?|mvi|mah|pxl|trim|gx\d+|gopr\d*|gh\d+|dji"
    r"|signal|telegram|whatsapp|screen|screencast|recordings?|screenrecording|untitled|unbenannt|noname"
    r"|videos?|vídeos?|clips?|movies?|films?|test|sequence|timeline|project|aufnahme|bildschirm\w*"
    r"|mein|neu\w*|mi|meu|nuevo|novo|sin|sem|título|grabación|gravação|pantalla|tela|de|da|la"
    r"|видео|запись|экрана|новое|без|названия|فيديو|تسجيل|الشاشة|جديد",
    re.IGNORECASE,
)
"""What cameras, phones and programs write, and people who have no name yet, in our languages."""
_DATE = re.compile(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")
