"""What takes every core waits for its turn, so that the small things beside it fill the gaps.

    async with my_turn("picture"):
        ...

One picture is encoded at a time in a process; the sound of the next clip and the checks of the one
before go on meanwhile. Two encoders at once would only make both clips late.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from weakref import WeakKeyDictionary

What = Literal["analysis", "picture"]

_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Lock]] = WeakKeyDictionary()


@asynccontextmanager
async def my_turn(what: What) -> AsyncIterator[None]:
    """First come, first served, within one loop."""
    locks = _locks.setdefault(asyncio.get_running_loop(), defaultdict(asyncio.Lock))
    async with locks[what]:
        yield
