"""An intro or an outro somebody sent: a short video of any shape."""

from __future__ import annotations

from pathlib import Path

from core.errors import NotUsable
from core.media.facts import Video
from core.media.probe import probe
from core.media.receive import sha256_of
from core.media.settle import settled
from core.say import Bytes, Seconds

MOST_S = 5.0
"""Whoever waits longer for a clip to begin has gone on to the next one."""
_ROUNDING_S = 0.1
MOST_B = 200 << 20


async def check_end(path: Path, into: Path, *, exe: str) -> Video:
    """What may be joined to clips; a working copy in the folder `into` where it cannot be sought
    in. Raises NotUsable with the reason."""
    if (size_b := path.stat().st_size) > MOST_B:
        raise NotUsable("brand.end_large", size=Bytes(size_b), limit=Bytes(MOST_B))
    facts = await probe(path)
    if facts.duration_s > MOST_S + _ROUNDING_S:
        raise NotUsable("brand.end_long", length=Seconds(facts.duration_s), limit=Seconds(MOST_S))
    if facts.damaged:
        raise NotUsable("brand.end_damaged")
    return await settled(Video(path, await sha256_of(path), facts), into=into, exe=exe)
