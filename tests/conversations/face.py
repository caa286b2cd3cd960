"""One person in front of one face of the product: what they can do, and what they see.

The conversations in this folder are written once against this and run on every face. A face starts
nothing of the product's own: it speaks to a running `clipdesk up`, or to the double of a network
that the running product speaks to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

PATIENCE_S = 40.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of the bot as it stands in the chat now, drawn by its network."""

    id: str
    text: str
    """Without markup. Of a message with a player or a picture, its caption."""
    labels: tuple[str, ...] = ()
    """Of the buttons that do something."""
    urls: tuple[str, ...] = ()
    """Of buttons and links in the text."""
    media: str | None = None
    """`video`, `picture` or `file`."""
    alt: str = ""
    quiet: bool = False
    """It did not ring."""
    reply_to: str | None = None


class Face(Protocol):
    """Somebody who is in, on one network, alone with the bot."""

    name: str
    """`web`, `telegram`, `discord`."""

    async def write(self, text: str) -> None:
        """Words or a command."""
        ...

    async def send(self, text: str, *files: Path) -> None:
        """Files with words beside them, in one message."""
        ...

    async def press(self, label: str) -> None:
        """A button of the newest message that has one with this label, as soon as there is one."""
        ...

    async def come_back(self) -> None:
        """The product was started again: wait until it is reached."""
        ...

    @property
    def messages(self) -> Sequence[Heard]:
        """Of the bot, oldest first, each as it is now."""
        ...


class Teller(Face):
    """What every face shares: waiting for words."""

    async def hears(self, words: str, within_s: float = PATIENCE_S) -> Heard:
        """The newest message with these words, as soon as there is one."""

        def found() -> Heard | None:
            return next((m for m in reversed(self.messages) if words in m.text), None)

        return await self.sees(found, within_s, words)

    async def sees(
        self, what: Callable[[], Heard | None], within_s: float = PATIENCE_S, why: str = ""
    ) -> Heard:
        """Wait for a message that is looked for."""
        until = time.monotonic() + within_s
        while (found := what()) is None:
            assert time.monotonic() < until, f"{self.name} never saw {why!r}:\n{self.everything}"
            await asyncio.sleep(0.05)
        return found

    def having(self, label: str) -> Callable[[], Heard | None]:
        """For `sees`: the newest message with this button."""
        return lambda: next((m for m in reversed(self.messages) if label in m.labels), None)

    @property
    def cards(self) -> list[Heard]:
        """Messages with a player."""
        return [m for m in self.messages if m.media == "video"]

    @property
    def everything(self) -> str:
        return "\n---\n".join(
            f"{m.text}\n{' '.join(f'[{b}]' for b in m.labels)}" for m in self.messages
        )
