"""Who has a conversation open right now, so that news reaches every tab at once.

Only a ring is passed, never a message: each connection reads what is new from the database, in
order and at its own pace. A slow browser therefore costs no memory, and cannot miss anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Rooms:
    """The open connections of each conversation."""

    def __init__(self) -> None:
        self._bells: dict[int, set[asyncio.Event]] = {}

    @contextmanager
    def enter(self, chat_id: int) -> Iterator[asyncio.Event]:
        """An event that is set whenever there may be something new."""
        bell = asyncio.Event()
        self._bells.setdefault(chat_id, set()).add(bell)
        try:
            yield bell
        finally:
            self._bells[chat_id].discard(bell)
            if not self._bells[chat_id]:
                del self._bells[chat_id]

    def open(self, chat_id: int) -> int:
        """How many have it open."""
        return len(self._bells.get(chat_id, ()))

    def ring(self, chat_id: int) -> None:
        for bell in self._bells.get(chat_id, ()):
            bell.set()
