"""What there is on the Telegram of the tests: rooms, messages, updates."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections import deque
from pathlib import Path
from typing import Any

from tests.doubles.telegram_markup import utf16
from tests.doubles.telegram_rooms import Person, Room, Shown, StoredFile


class World:
    """The state of the server."""

    def __init__(self, token: str, folder: Path | None, privacy: bool) -> None:
        self.root = ""
        self.token = token
        self.local = folder is not None
        """Like `--local`: no limits, files by their path."""
        self._folder = folder
        self.mounted = True
        """Whether the bot sees the folder of a `--local` server under the same path."""
        self.privacy = privacy
        self.username = "clipdesk_bot"
        self.me = {
            "id": int(token.split(":")[0]),
            "is_bot": True,
            "first_name": "Clipdesk",
            "username": self.username,
            "can_join_groups": True,
            "can_read_all_group_messages": not privacy,
            "supports_inline_queries": False,
        }
        self.rooms: dict[int, Room] = {}
        self.files: dict[str, StoredFile] = {}
        self.commands: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.webhook: dict[str, str] = {}
        self.proxies: dict[str, str] = {}
        """Public addresses and what stands behind them: the reverse proxy of an install."""
        self.allowed: list[str] = []
        self.answered: dict[str, str] = {}
        """Presses that were answered, with the words."""
        self._updates: deque[dict[str, Any]] = deque()
        self._news = asyncio.Event()
        self._update_ids = itertools.count(500_000)
        self._file_ids = itertools.count(1)
        self._people_ids = itertools.count(1001)
        self._press_ids = itertools.count(1)
        self._presses: dict[str, float] = {}
        self._poller: asyncio.Future[None] | None = None
        self._albums = itertools.count(1)

    # ── people and rooms ──────────────────────────────────────────────────────────────────────────

    def person(self, name: str, language: str | None = "en") -> Person:
        return Person(next(self._people_ids), name, language)

    def private(self, person: Person) -> Room:
        room = self.rooms.get(person.id)
        if room is None:
            room = self.rooms[person.id] = Room(person.id, "private", person=person)
        return room

    def group(self, title: str, *, type: str = "supergroup", forum: bool = False) -> Room:
        number = -1_001_000_000 - len(self.rooms)
        room = self.rooms[number] = Room(number, type, title, forum=forum)
        return room

    # ── updates ───────────────────────────────────────────────────────────────────────────────────

    def repeat(self, n: int = 1) -> None:
        """Deliver the last updates once more: a network may."""
        self._updates.extend(list(self._updates)[-n:])
        self._news.set()

    def shuffle(self) -> None:
        """Let the waiting updates arrive in another order within their batch."""
        self._updates.reverse()

    def push(self, kind: str, content: dict[str, Any]) -> int:
        """Any update at all."""
        return self._push(kind, content)

    @property
    def pending(self) -> int:
        """Updates nobody has confirmed."""
        return len(self._updates)

    # ── messages ──────────────────────────────────────────────────────────────────────────────────

    def _store(self, file: Path | int, name: str, mime: str) -> StoredFile:
        number = next(self._file_ids)
        size = file if isinstance(file, int) else file.stat().st_size
        stored = StoredFile(f"FILE{number:06}", f"U{number}", size, name, mime=mime)
        if isinstance(file, Path):
            stored.path = file
        self.files[stored.id] = stored
        return stored

    def _add(
        self, room: Room, person: Person | None, *, reply_to: Shown | None = None, **facts: Any
    ) -> Shown:
        number = next(room.ids)
        shown = Shown(
            number,
            room.id,
            from_bot=person is None,
            sender=person,
            reply_to=reply_to.id if reply_to else None,
            date=int(time.time()),
            **facts,
        )
        room.messages[number] = shown
        return shown

    def _is_heard(self, room: Room, shown: Shown) -> bool:
        if room.type == "private":
            return not room.blocked
        if not self.privacy or room.bot == "administrator":
            return room.bot not in ("kicked", "left")
        if shown.reply_to and (answered := room.messages.get(shown.reply_to)) and answered.from_bot:
            return True
        command = re.match(r"/[A-Za-z0-9_]+(?:@(\w+))?", shown.text)
        return bool(command) and (command[1] or self.username).lower() == self.username.lower()  # type: ignore[index]

    def _message(self, shown: Shown, *, deep: bool = True) -> dict[str, Any]:
        """As the API writes it."""
        room = self.rooms[shown.room]
        sender = self.me if shown.from_bot else (shown.sender.json() if shown.sender else None)
        found: dict[str, Any] = {"message_id": shown.id, "date": shown.date, "chat": room.json()}
        if sender:
            found["from"] = sender
        if shown.thread is not None:
            found["message_thread_id"] = shown.thread
            found["is_topic_message"] = True
        elif shown.reply_to and room.type == "supergroup":
            found["message_thread_id"] = shown.reply_to  # a plain thread of replies, no topic
        if shown.kind:
            found[shown.kind] = (
                [shown.media, shown.media] if shown.kind == "photo" else dict(shown.media)
            )
            if shown.text:
                found["caption"] = shown.text
                found["caption_entities"] = self._entities(shown)
        elif shown.text:
            found["text"] = shown.text
            found["entities"] = self._entities(shown)
        if shown.group:
            found["media_group_id"] = shown.group
        if shown.rows:
            found["reply_markup"] = {"inline_keyboard": shown.rows}
        if deep and shown.reply_to and (answered := room.messages.get(shown.reply_to)):
            found["reply_to_message"] = self._message(answered, deep=False)
        return found

    def _entities(self, shown: Shown) -> list[dict[str, Any]]:
        found = list(shown.entities)
        if not shown.from_bot:
            if command := re.match(r"/[A-Za-z0-9_]+(?:@\w+)?", shown.text):
                found.append({"type": "bot_command", "offset": 0, "length": len(command[0])})
            for url in re.finditer(r"https?://\S+", shown.text):
                offset = utf16(shown.text[: url.start()])
                found.append({"type": "url", "offset": offset, "length": utf16(url[0])})
        return found

    def _push(self, kind: str, content: dict[str, Any]) -> int:
        number = next(self._update_ids)
        if self.allowed and kind not in self.allowed:
            return number
        self._updates.append({"update_id": number, kind: content})
        self._news.set()
        return number
