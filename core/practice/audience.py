"""Who watches the practice platforms: nobody. Their numbers grow as those of real posts do, and are
the same for the same post whenever they are asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

_USUAL_VIEWS, _SPREAD = 400, 0.9
"""Of a small account: half of its posts end above it, and one in six above two and a half times."""
_GROWS_S = 30 * 3600
"""After which two thirds of all views are there."""
_LIKES, _COMMENTS, _SHARES = 0.06, 0.006, 0.01
"""Of those who watch."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """What it did so far."""

    views: int
    likes: int
    comments: int
    shares: int


def crowd(post: Mapping[str, Any], now_s: float) -> Crowd:
    """Of one post in the ledger."""
    seed = sha256(f"{post['account']}\n{post['sha256']}\n{post['caption']}".encode()).digest()
    luck, taste, speed = (int.from_bytes(seed[i : i + 4]) / 2**32 for i in (0, 4, 8))
    most = _USUAL_VIEWS * math.exp(_SPREAD * _normal(luck))
    age_s = max(0.0, now_s - post["at"])
    views = most * (1 - math.exp(-age_s / (_GROWS_S * (0.5 + speed))))
    liked = views * (0.5 + taste)
    return Crowd(int(views), *(int(liked * share) for share in (_LIKES, _COMMENTS, _SHARES)))


def _normal(share: float) -> float:
    """The value with so much of the bell curve below it (Tukey's lambda, 0.14)."""
    p = min(0.999, max(0.001, share))
    return 4.91 * (math.pow(p, 0.14) - math.pow(1 - p, 0.14))
