"""A conversation: what a person does goes through the front door, what is said is read from the
outbox, as a courier would deliver it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import handlers
from core.chat.message import ChatRef, In, InFile, MessageRef, Out, Who
from core.chat.registry import discover
from core.db import outbox
from core.say import Say
from core.services import Services
from handlers._front_door import receive


@dataclass(slots=True)
class Said:
    """One message of the bot as it stands in the chat now."""

    id: str
    key: str
    out: Out
    text: str
    labels: list[str]
    urls: list[str]

    def says(self, words: str) -> bool:
        return words in self.text

    def __str__(self) -> str:
        rows = "  ".join(f"[{label}]" for label in self.labels)
        return f"{self.text}\n{rows}" if rows else self.text


@dataclass(slots=True)
class Talk:
    """One person in one chat."""

    svc: Services
    who: Who
    where: ChatRef
    zone: str | None = "Europe/Berlin"
    title: str = ""
    """Of a group; a conversation between two has none."""
    messages: list[Said] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    _n: int = 0

    async def write(self, text: str, *, key: str | None = None) -> list[Said]:
        self.log.append(f"> {text}")
        key = key or self._key()
        inn = In(key, self.where, self.who, text, zone=self.zone, chat_title=self.title)
        return await self._do(inn)

    async def send(self, file: Path, text: str = "", *, name: str | None = None) -> list[Said]:
        return await self.send_all([(file, name or file.name)], text)

    async def send_all(self, files: list[tuple[Path, str]], text: str = "") -> list[Said]:
        brought = tuple([await self._bring(path, name) for path, name in files])
        self.log.append(f"> ({', '.join(f.name for f in brought)}) {text}")
        inn = In(self._key(), self.where, self.who, text, brought, zone=self.zone)
        return await self._do(inn)

    async def reply(self, to: Said, text: str) -> list[Said]:
        on = MessageRef(self.where, to.id)
        inn = In(self._key(), self.where, self.who, text, on=on, zone=self.zone)
        return await self._do(inn)

    async def press(self, label: str, *, on: Said | None = None) -> list[Said]:
        """The newest button with this label, or the one on a message."""
        at = on or next((m for m in reversed(self.messages) if label in m.labels), None)
        assert at, f"no button {label!r}; there are {[m.labels for m in self.messages]}"
        buttons = [b for row in at.out.buttons for b in row]
        named = zip(at.labels, buttons, strict=True)
        button = next(b for said, b in named if said == label and b.act)
        assert button.act is not None
        return await self.press_act(button.act.pack(), at)

    async def press_act(self, packed: str, on: Said | None = None) -> list[Said]:
        self.log.append(f"> [{packed}]")
        at = MessageRef(self.where, on.id) if on else None
        inn = In(self._key(), self.where, self.who, act=packed, on=at, zone=self.zone)
        return await self._do(inn)

    async def again(self, inn: In) -> list[Said]:
        return await self._do(inn)

    @property
    def last(self) -> Said:
        return self.messages[-1]

    def _key(self) -> str:
        self._n += 1
        return f"test:{self.who.user_id}:{self._n}"

    async def _bring(self, path: Path, name: str) -> InFile:
        key = f"in/{hashlib.sha256(path.read_bytes()).hexdigest()}"
        await self.svc.store.put(path, key)
        return InFile(name, path.stat().st_size, None, key)

    async def _do(self, inn: In) -> list[Said]:
        await receive(inn, self.svc, discover(handlers))
        return await self.read()

    async def read(self) -> list[Said]:
        """Deliver what waits for this chat; gives what is new or changed."""
        news: list[Said] = []
        while True:
            async with self.svc.db.write() as tx:
                parcels = await outbox.take(tx, self.svc.clock.now())
                for parcel in parcels:
                    message_id = parcel.at.id if parcel.at else str(parcel.id)
                    await outbox.delivered(
                        tx,
                        parcel.id,
                        parcel.version,
                        MessageRef(parcel.where, message_id),
                        self.svc.clock.now(),
                    )
                    if parcel.where == self.where:
                        news.append(self._show(parcel, message_id))
            if not parcels:
                return news

    def _show(self, parcel: outbox.Parcel, message_id: str) -> Said:
        out = parcel.out

        def text(what: Say) -> str:
            return self.svc.catalog.text(what, parcel.language, self.zone or "UTC")

        buttons = [b for row in out.buttons for b in row]
        said = Said(
            message_id,
            parcel.key,
            out,
            "\n".join(map(text, out.text)),
            [text(b.label) for b in buttons],
            [b.url for b in buttons if b.url],
        )
        known = next((i for i, m in enumerate(self.messages) if m.id == message_id), None)
        if known is None:
            self.messages.append(said)
        else:
            self.messages[known] = said
        self.log.append(f"{'~ ' if known is not None else ''}{said}")
        return said
