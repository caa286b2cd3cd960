"""Which words of a video stand out: numbers, names, and what it turns around.

Nothing rests on a list of words: what is usual is told by the video itself.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from core.analysis.model import Word
from core.captions.wording import plain

PLACE = 40
"""Words that count as one place of the video."""
SHARE = 0.06
"""Of the different words, the part that may stand out beside names and numbers."""
_CAPITALS = 0.22
"""Where more words than this are written with a capital inside sentences, as in German, a capital
says nothing."""
_ENDS = tuple(".!?…。！？؟।")


def key_words(words: Sequence[Word]) -> frozenset[str]:
    """As `plain` writes them."""
    texts = [w.text for w in words]
    bare = [plain(t) for t in texts]
    numbers = {b for b in bare if any(c.isdigit() for c in b)}
    return frozenset(numbers | _names(texts, bare) | _strong(bare))


def _names(texts: Sequence[str], bare: Sequence[str]) -> set[str]:
    """Written with a capital where no sentence begins, and hardly ever without."""
    capital: dict[str, list[bool]] = defaultdict(list)
    for before, text, word in zip([".", *texts], texts, bare, strict=False):
        first = next((c for c in text if c.isalpha()), "")
        if (
            len(word) > 2
            and first
            and first.upper() != first.lower()
            and not before.endswith(_ENDS)
        ):
            capital[word].append(first.isupper())
    seen = [c for found in capital.values() for c in found]
    if not seen or sum(seen) / len(seen) > _CAPITALS:
        return set()
    return {w for w, found in capital.items() if sum(found) > 0.7 * len(found)}


def _strong(bare: Sequence[str]) -> set[str]:
    """Said several times in few places: what everybody says everywhere is not meant, and what is
    said once is chance. Short words are hardly ever it."""
    counts = Counter(b for b in bare if _long(b))
    places: dict[str, set[int]] = defaultdict(set)
    for n, word in enumerate(bare):
        places[word].add(n // PLACE)
    every = len(bare) / PLACE + 1
    worth = {
        w: n * math.log(every / len(places[w]))
        for w, n in counts.items()
        if n > 1 and len(places[w]) < 0.5 * every + 1
    }
    most = max(1, round(SHARE * len(set(bare))))
    return {w for w in sorted(worth, key=lambda w: (-worth[w], w))[:most] if worth[w] > 0}


def _long(word: str) -> bool:
    """Of scripts that write a word with few signs, two are enough."""
    return len(word) >= (5 if word.isascii() or word[0] < "\u0e00" else 2)
