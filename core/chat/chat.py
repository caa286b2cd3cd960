"""A chat network, as narrow as the narrowest member and honest about the rest through `can`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.chat.message import ChatRef, InFile, MessageRef, Network, Out


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one network can do, and how much of it."""

    network: Network
    max_upload_b: int
    """Largest file we can send."""
    max_download_b: int
    """Largest file we can take."""
    buttons_per_row: int
    text_chars: int
    edit_gap_s: float
    """Shortest time between two edits in one chat."""
    sends_per_s: float
    """Messages a second in one chat."""
    all_per_s: float = 1000.0
    """Messages and edits a second in all chats together."""


class ChatGone(Exception):
    """Nobody hears us there any more: blocked, kicked, deleted. Not to be retried."""


class Slower(Exception):
    """The network asks to wait `after_s` in this chat."""

    def __init__(self, after_s: float) -> None:
        super().__init__(f"wait {after_s:.1f} s")
        self.after_s = after_s


class Chat(Protocol):
    """Five parts, and no extras. All methods may raise ChatGone and Slower."""

    @property
    def can(self) -> Capabilities: ...

    async def say(self, to: ChatRef, out: Out, *, key: str, language: str) -> MessageRef:
        """Same key, one message, as far as the network lets us know."""
        ...

    async def change(self, at: MessageRef, out: Out, *, language: str) -> None:
        """Nothing new is success."""
        ...

    async def remove(self, at: MessageRef) -> bool:
        """False: too old, or gone already."""
        ...

    async def bring(self, file: InFile, into: Path) -> Path:
        """Download what somebody sent. Raises TooLarge before it starts."""
        ...
