"""A chat network, as narrow as the narrowest member and honest about the rest through `can`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.chat.message import ChatRef, InFile, MessageRef, Network, Out
from core.say import Say


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
    whispers: bool = False
    """Whether the presser of a button can be told something nobody else sees."""
    group_edit_gap_s: float | None = None
    group_sends_per_s: float | None = None
    """Of edits and messages where others read along, when that differs."""


class ChatGone(Exception):
    """Nobody hears us there any more: blocked, kicked, deleted, no right to write. Not to be
    retried. `why` says what happened and how to mend it; the owner is told once, elsewhere."""

    def __init__(self, why: Say | None = None) -> None:
        super().__init__(why.key if why else "gone")
        self.why = why


class ChatMoved(Exception):
    """The conversation goes on at another place: a group became a supergroup. Old messages can no
    longer be changed there."""

    def __init__(self, to: ChatRef) -> None:
        super().__init__(f"moved to {to.chat}")
        self.to = to


class Slower(Exception):
    """The network asks to wait `after_s` in this chat."""

    def __init__(self, after_s: float) -> None:
        super().__init__(f"wait {after_s:.1f} s")
        self.after_s = after_s


class Chat(Protocol):
    """Five parts, and no extras. All methods may raise ChatGone, ChatMoved and Slower. A `Told` is
    final (a message this network can never take); any other exception is tried again later."""

    @property
    def can(self) -> Capabilities: ...

    async def say(
        self,
        to: ChatRef,
        out: Out,
        *,
        key: str,
        language: str,
        reply_to: MessageRef | None = None,
    ) -> MessageRef:
        """Same key, one message, as far as the network lets us know. Raises core.errors.Unsure when
        it may have been sent. A `reply_to` that is gone is no error."""
        ...

    async def change(self, at: MessageRef, out: Out, *, language: str) -> MessageRef | None:
        """Nothing new is success. Gives where the message is now, when it had to become another:
        a text that outgrew its message goes on in a second one."""
        ...

    async def remove(self, at: MessageRef) -> bool:
        """False: too old, or gone already."""
        ...

    async def bring(self, file: InFile, into: Path) -> Path:
        """Stream what somebody sent to `into`, or give where it lies on this machine already; that
        file is then taken over. Raises TooLarge before it starts, Told for what will never come,
        Later or anything else for what may come next time."""
        ...
