"""A Bot API server on loopback, as strict as the real one, and the people who write to its bot.

    async with telegram() as tg:
        ana = tg.person("Ana")
        tg.write(ana, "/start")                 # an update for the bot
        tg.private(ana).shown[-1].labels        # what the bot shows there now
        tg.meet("sendMessage", flood(3))        # the next call is told to wait

It keeps each chat as it stands now: edits and deletes change it, so tests read a conversation.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.doubles.telegram_markup import Refused, bad, body, jpeg_size, keyboard, utf16
from tests.doubles.telegram_rooms import Person, Room, Shown, StoredFile

__all__ = [
    "DROPPED",
    "LOST",
    "Person",
    "Refused",
    "Room",
    "Shown",
    "Telegram",
    "bad",
    "flood",
    "telegram",
]

TEXT, CAPTION = 4096, 1024
CLOUD_OUT_B, LOCAL_OUT_B, PHOTO_B = 50 * 1000 * 1000, 2000 * 1000 * 1000, 10 * 1000 * 1000
CLOUD_IN_B = 20 << 20
MAX_POLL_S = 50
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
ACTIONS = {"typing", "upload_video", "upload_photo", "upload_document"}
LANGUAGE = re.compile(r"[a-z]{2}")

LOST = "lost"
"""A fault: it happens, and the answer never comes."""
DROPPED = "dropped"
"""A fault: the connection ends before anything happened."""


def flood(seconds: int) -> Refused:
    return Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


@dataclass(slots=True)
class Call:
    """One request that reached the server."""

    method: str
    params: dict[str, Any]
    at: float
    uploads: dict[str, int] = field(default_factory=dict)
    """Bytes of each file that came along."""


@dataclass(slots=True)
class Upload:
    filename: str
    content: bytes


class Telegram:
    """The running server."""

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
        self.calls: list[Call] = []
        self.files: dict[str, StoredFile] = {}
        self.commands: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.webhook: dict[str, str] = {}
        self.proxies: dict[str, str] = {}
        """Public addresses and what stands behind them: the reverse proxy of an install."""
        self.allowed: list[str] = []
        self.answered: dict[str, str] = {}
        """Presses that were answered, with the words."""
        self.away = False
        """An outage: connections are cut without an answer."""
        self.revoked = False
        self.strict_pace = False
        """Answer 429 to whoever sends faster than the documented rates."""
        self._updates: deque[dict[str, Any]] = deque()
        self._news = asyncio.Event()
        self._update_ids = itertools.count(500_000)
        self._file_ids = itertools.count(1)
        self._people_ids = itertools.count(1001)
        self._press_ids = itertools.count(1)
        self._presses: dict[str, float] = {}
        self._poller: asyncio.Future[None] | None = None
        self._faults: dict[str, deque[tuple[int | None, Refused | str]]] = {}
        self._sent_at: dict[int | str, deque[float]] = {}
        self._albums = itertools.count(1)

    # ── for tests: people and rooms ─────────────────────────────────────────────────────────────

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

    # ── for tests: what people do ───────────────────────────────────────────────────────────────

    def write(
        self,
        person: Person,
        text: str,
        room: Room | None = None,
        *,
        reply_to: Shown | None = None,
        thread: int | None = None,
    ) -> Shown:
        """Words. In a group the bot hears them only where privacy mode lets it."""
        room = room or self.private(person)
        shown = self._add(room, person, text=text, reply_to=reply_to, thread=thread)
        if self._is_heard(room, shown):
            self._push("message", self._message(shown))
        return shown

    def send(
        self,
        person: Person,
        file: Path | int,
        caption: str = "",
        room: Room | None = None,
        *,
        kind: str = "video",
        name: str = "",
        mime: str = "video/mp4",
        thread: int | None = None,
        group: str | None = None,
        heard: bool = True,
    ) -> Shown:
        """A file, or only its size in bytes when nobody will look inside."""
        room = room or self.private(person)
        stored = self._store(file, name or (file.name if isinstance(file, Path) else ""), mime)
        media = {"file_id": stored.id, "file_unique_id": stored.unique_id, "file_size": stored.size}
        if kind == "video":
            media |= {"width": 1280, "height": 720, "duration": 60, "mime_type": mime}
        if kind == "video_note":
            media |= {"length": 240, "duration": 20}
        if kind == "document":
            media |= {"mime_type": mime}
        if stored.name and kind != "video_note":
            media["file_name"] = stored.name
        shown = self._add(room, person, text=caption, thread=thread, kind=kind, media=media)
        shown.group = group
        if heard and self._is_heard(room, shown):
            self._push("message", self._message(shown))
        return shown

    def album(
        self, person: Person, files: list[Path], caption: str = "", room: Room | None = None
    ) -> list[Shown]:
        """As clients send several files at once: one update each, the caption on the first."""
        group = f"1300{next(self._albums)}"
        return [
            self.send(person, file, caption if n == 0 else "", room, group=group)
            for n, file in enumerate(files)
        ]

    def edit(self, person: Person, shown: Shown, text: str) -> None:
        shown.text = text
        self._push("edited_message", self._message(shown) | {"edit_date": int(time.time())})

    def press(self, person: Person, shown: Shown, label: str, *, data: str | None = None) -> str:
        """A button of the bot; gives the id of the press. `data` is for those who tamper."""
        number = f"press{next(self._press_ids)}"
        self._presses[number] = time.monotonic()
        query = {
            "id": number,
            "from": person.json(),
            "chat_instance": "1",
            "message": self._message(shown),
            "data": data if data is not None else shown.data(label),
        }
        self._push("callback_query", query)
        return number

    def forget_press(self, number: str) -> None:
        """It took too long: the press can no longer be answered."""
        self._presses.pop(number, None)

    def set_bot(self, room: Room, status: str, by: Person) -> None:
        """Added, made an administrator, restricted, kicked; blocked in a private chat."""
        old, room.bot = room.bot, status
        room.blocked = status == "kicked"
        rights = {"can_send_messages": room.may_send_text, "is_member": True}
        change = {
            "chat": room.json(),
            "from": by.json(),
            "date": int(time.time()),
            "old_chat_member": self._membership(old, {}),
            "new_chat_member": self._membership(status, rights),
        }
        self._push("my_chat_member", change)

    def _membership(self, status: str, rights: dict[str, Any]) -> dict[str, Any]:
        member: dict[str, Any] = {"user": self.me, "status": status}
        if status == "kicked":
            member["until_date"] = 0
        if status == "restricted":
            every = (
                "can_send_messages can_send_audios can_send_documents can_send_photos "
                "can_send_videos can_send_video_notes can_send_voice_notes can_send_polls "
                "can_send_other_messages can_add_web_page_previews can_change_info "
                "can_invite_users can_pin_messages can_manage_topics can_edit_tag "
                "can_react_to_messages"
            )
            member |= {"until_date": 0, **dict.fromkeys(every.split(), False), **rights}
        if status == "administrator":
            every = (
                "can_be_edited is_anonymous can_manage_chat can_delete_messages "
                "can_manage_video_chats can_restrict_members can_promote_members can_change_info "
                "can_invite_users can_post_stories can_edit_stories can_delete_stories"
            )
            member |= dict.fromkeys(every.split(), False)
        return member

    def migrate(self, room: Room, by: Person) -> Room:
        """A group becomes a supergroup: another id, and the old one is dead."""
        new = self.group(room.title)
        room.migrated_to = new.id
        left = self._add(room, by)
        self._push("message", self._message(left) | {"migrate_to_chat_id": new.id})
        came = self._add(new, by)
        self._push("message", self._message(came) | {"migrate_from_chat_id": room.id})
        return new

    # ── for tests: faults ───────────────────────────────────────────────────────────────────────

    def meet(
        self, method: str, fault: Refused | str, *, room: Room | None = None, times: int = 1
    ) -> None:
        """What the next calls of a method meet, in one room or anywhere."""
        for _ in range(times):
            where = room.id if room else None
            self._faults.setdefault(method, deque()).append((where, fault))

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

    def made(self, method: str) -> list[Call]:
        return [c for c in self.calls if c.method == method]

    # ── messages ────────────────────────────────────────────────────────────────────────────────

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

    # ── HTTP ────────────────────────────────────────────────────────────────────────────────────

    async def call(self, request: web.Request) -> web.StreamResponse:
        """/bot{token}/{method}"""
        if self.away:
            return await self._cut(request)
        method = request.match_info["method"]
        token = request.match_info["token"]
        if ":" not in token:
            return _answer(Refused(404, "Not Found"))
        if token != self.token or self.revoked:
            return _answer(Refused(401, "Unauthorized"))
        params, uploads = await _read(request)
        sizes = {name: len(u.content) for name, u in uploads.items()}
        self.calls.append(Call(method, params, time.monotonic(), sizes))
        run = getattr(self, f"do_{_snake(method)}", None)
        if run is None:
            return _answer(Refused(404, "Not Found: method not found"))
        try:
            fault = self._fault(method, params)
            if isinstance(fault, Refused):
                raise fault
            if fault == DROPPED:
                return await self._cut(request)
            if self.strict_pace:
                self._keep_pace(method, params)
            if sum(sizes.values()) > (LOCAL_OUT_B if self.local else CLOUD_OUT_B) + 1_000_000:
                raise Refused(413, "Request Entity Too Large")
            result = run(params, uploads)
            if asyncio.iscoroutine(result):
                result = await result
        except Refused as refused:
            return _answer(refused)
        return await self._cut(request) if fault == LOST or self.away else _ok(result)

    async def _cut(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=499)

    def _fault(self, method: str, params: dict[str, Any]) -> Refused | str | None:
        waiting = self._faults.get(method, deque())
        for at, (room, fault) in enumerate(waiting):
            if room is None or str(room) == params.get("chat_id"):
                del waiting[at]
                return fault
        return None

    def _keep_pace(self, method: str, params: dict[str, Any]) -> None:
        """1 message a second in a chat with short bursts, 20 a minute in a group, 30 a second in
        all (core.telegram.org/bots/faq). Edits count like messages."""
        if not method.startswith(("send", "edit")) or method == "sendChatAction":
            return
        room = int(params["chat_id"])
        per_room = (20, 60.0) if room < 0 else (5, 4.0)
        for name, (count, window) in ((room, per_room), ("all", (30, 1.0))):
            sent = self._sent_at.setdefault(name, deque())
            now = time.monotonic()
            while sent and now - sent[0] > window:
                sent.popleft()
            if len(sent) >= count:
                raise flood(max(1, round(window - (now - sent[0]))))
            sent.append(now)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """/file/bot{token}/{path}"""
        if self.away:
            return await self._cut(request)
        if request.match_info["token"] != self.token:
            return _answer(Refused(401, "Unauthorized"))
        stored = self.files.get(request.match_info["path"].split("/")[-1].split(".")[0])
        if stored is None:
            return _answer(Refused(404, "Not Found"))
        return web.Response(body=stored.read(), content_type="application/octet-stream")

    # ── methods: updates ────────────────────────────────────────────────────────────────────────

    def do_get_me(self, params: dict[str, Any], _: Any) -> Any:
        return self.me

    async def do_get_updates(self, params: dict[str, Any], _: Any) -> Any:
        if self.webhook:
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook "
                "to delete the webhook first",
            )
        if self._poller and not self._poller.done():
            self._poller.set_exception(
                Refused(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one "
                    "bot instance is running",
                )
            )
        self._allow(params)
        offset = int(params.get("offset", 0))
        while self._updates and min(u["update_id"] for u in self._updates) < offset:
            self._updates = deque(u for u in self._updates if u["update_id"] >= offset)
        limit = min(100, int(params.get("limit", 100)))
        timeout_s = min(MAX_POLL_S, int(params.get("timeout", 0)))
        if not self._updates and timeout_s:
            await self._wait_for_news(timeout_s)
        return list(self._updates)[:limit]

    async def _wait_for_news(self, timeout_s: float) -> None:
        self._news.clear()
        mine = self._poller = asyncio.get_running_loop().create_future()
        news = asyncio.ensure_future(self._news.wait())
        try:
            await asyncio.wait((mine, news), timeout=timeout_s, return_when="FIRST_COMPLETED")
        finally:
            news.cancel()
            if self._poller is mine:
                self._poller = None
            if mine.done():
                mine.result()
            mine.cancel()

    def _allow(self, params: dict[str, Any]) -> None:
        if "allowed_updates" in params:
            self.allowed = json.loads(params["allowed_updates"])

    def do_set_webhook(self, params: dict[str, Any], _: Any) -> Any:
        url, secret = params.get("url", ""), params.get("secret_token", "")
        if not url:
            return self.do_delete_webhook(params, _)
        if not self.local and not url.startswith("https://"):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise bad("secret token contains unallowed characters")
        self._allow(params)
        self.webhook = {"url": url, "secret": secret}
        self._news.set()
        return True

    def do_delete_webhook(self, params: dict[str, Any], _: Any) -> Any:
        self.webhook = {}
        return True

    def do_get_webhook_info(self, params: dict[str, Any], _: Any) -> Any:
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates),
        }

    async def deliver(self) -> None:
        """Bring updates to the webhook, in order, until the block ends."""
        async with aiohttp.ClientSession() as http:
            while True:
                await self._news.wait()
                self._news.clear()
                while self.webhook and self._updates:
                    if not await self._hand_over(http, self._updates[0]):
                        await asyncio.sleep(0.3)
                        continue
                    self._updates.popleft()

    async def _hand_over(self, http: aiohttp.ClientSession, update: dict[str, Any]) -> bool:
        url = self.webhook["url"]
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret"]}
        for public, real in self.proxies.items():
            if url.startswith(public):
                headers |= {"Host": public.split("//")[1], "X-Forwarded-For": "149.154.167.220"}
                url = real + url.removeprefix(public)
        try:
            async with http.post(url, json=update, headers=headers, allow_redirects=False) as got:
                return 200 <= got.status < 300
        except aiohttp.ClientError:
            return False

    # ── methods: speaking ───────────────────────────────────────────────────────────────────────

    def _room(self, params: dict[str, Any], *, media: bool = False) -> Room:
        room = self.rooms.get(int(params.get("chat_id") or 0))
        if room is None:
            raise bad("chat not found")
        if room.migrated_to:
            raise bad(
                "group chat was upgraded to a supergroup chat", migrate_to_chat_id=room.migrated_to
            )
        if room.deactivated:
            raise Refused(403, "Forbidden: user is deactivated")
        if room.blocked and room.type == "private":
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if room.bot in ("kicked", "left"):
            raise Refused(403, f"Forbidden: bot was kicked from the {room.type} chat")
        if not room.may_send_text:
            raise bad("not enough rights to send text messages to the chat")
        if media and not room.may_send_media:
            raise bad("not enough rights to send videos to the chat")
        return room

    def _thread(self, room: Room, params: dict[str, Any]) -> int | None:
        if "message_thread_id" not in params:
            return None
        thread = int(params["message_thread_id"])
        if thread not in room.topics:
            raise bad("message thread not found")
        return thread

    def _reply(self, room: Room, params: dict[str, Any]) -> int | None:
        if "reply_parameters" not in params:
            return None
        asked = json.loads(params["reply_parameters"])
        number = int(asked["message_id"])
        if number in room.messages:
            return number
        if asked.get("allow_sending_without_reply"):
            return None
        raise bad("message to be replied not found")

    def _shown(self, room: Room, params: dict[str, Any], **facts: Any) -> Any:
        shown = self._add(room, None, thread=self._thread(room, params), **facts)
        shown.reply_to = self._reply(room, params)
        shown.quiet = params.get("disable_notification") == "true"
        shown.rows = keyboard(params.get("reply_markup"))
        shown.states.append(shown.text)
        options = json.loads(params.get("link_preview_options", "{}"))
        shown.preview_off = bool(options.get("is_disabled"))
        return self._message(shown)

    def do_send_message(self, params: dict[str, Any], _: Any) -> Any:
        room = self._room(params)
        found = body(params.get("text", ""), params.get("parse_mode"), TEXT, "message is too long")
        if not found.text:
            raise bad("message text is empty")
        keyboard(params.get("reply_markup"))
        self._thread(room, params), self._reply(room, params)
        return self._shown(room, params, text=found.text, entities=found.entities)

    def do_send_video(self, params: dict[str, Any], uploads: dict[str, Upload]) -> Any:
        return self._send_file("video", params, uploads)

    def do_send_photo(self, params: dict[str, Any], uploads: dict[str, Upload]) -> Any:
        return self._send_file("photo", params, uploads)

    def do_send_document(self, params: dict[str, Any], uploads: dict[str, Upload]) -> Any:
        return self._send_file("document", params, uploads)

    def _send_file(self, kind: str, params: dict[str, Any], uploads: dict[str, Upload]) -> Any:
        room = self._room(params, media=True)
        found = body(
            params.get("caption", ""),
            params.get("parse_mode"),
            CAPTION,
            "message caption is too long",
        )
        keyboard(params.get("reply_markup"))
        self._thread(room, params), self._reply(room, params)
        media = self._media(kind, params, uploads)
        return self._shown(
            room, params, text=found.text, entities=found.entities, kind=kind, media=media
        )

    def _media(
        self, kind: str, params: dict[str, Any], uploads: dict[str, Upload]
    ) -> dict[str, Any]:
        stored = self._given(params.get(kind, ""), uploads.get(kind), uploads)
        if kind == "photo" and stored.size > PHOTO_B:
            raise bad(
                f"file of size {stored.size} bytes is too big for a photo; the maximum size is "
                f"{PHOTO_B} bytes"
            )
        media: dict[str, Any] = {
            "file_id": stored.id,
            "file_unique_id": stored.unique_id,
            "file_size": stored.size,
        }
        if kind == "photo":
            return media | {"width": 1280, "height": 720}
        media |= {"file_name": stored.name, "mime_type": stored.mime}
        thumbnail = self._attached(params.get("thumbnail"), uploads)
        if thumbnail is not None:
            size = jpeg_size(thumbnail)
            if size and max(size) <= 320 and len(thumbnail) <= 200_000:
                picture = {"file_id": "THUMB", "file_unique_id": "T", "file_size": len(thumbnail)}
                media["thumbnail"] = picture | {"width": size[0], "height": size[1]}
        if kind == "video":
            # Without these a file above ~10 MB is shown as a black square of 320x320.
            media["width"] = int(params.get("width", 320))
            media["height"] = int(params.get("height", 320))
            media["duration"] = int(float(params.get("duration", 0)))
            if self._attached(params.get("cover"), uploads) is not None:
                cover = {"file_id": "COVER", "file_unique_id": "C", "width": 1080, "height": 1920}
                media["cover"] = [cover]
        return media

    def _given(self, value: str, upload: Upload | None, uploads: dict[str, Upload]) -> StoredFile:
        """A file by upload, by `attach://`, by path on this machine, or by its id."""
        if upload is None and value.startswith("attach://"):
            upload = uploads.get(value.removeprefix("attach://"))
            if upload is None:
                raise bad("there is no such attached file")
        if upload is not None:
            if len(upload.content) > (LOCAL_OUT_B if self.local else CLOUD_OUT_B):
                raise Refused(413, "Request Entity Too Large")
            if not upload.content:
                raise bad("file must be non-empty")
            stored = self._store(len(upload.content), upload.filename, "video/mp4")
            stored.content = upload.content
            return stored
        if value.startswith("file://"):
            path = Path(value.removeprefix("file://"))
            if not self.local:
                raise bad("wrong file identifier/HTTP URL specified")
            if not path.is_file():
                raise bad("file not found")
            return self._store(path, path.name, "video/mp4")
        if value not in self.files:
            raise bad("wrong file identifier/HTTP URL specified")
        return self.files[value]

    def _attached(self, value: str | None, uploads: dict[str, Upload]) -> bytes | None:
        if not value:
            return None
        if value.startswith("file://") and self.local:
            return Path(value.removeprefix("file://")).read_bytes()
        upload = uploads.get(value.removeprefix("attach://"))
        return upload.content if upload else None

    # ── methods: changing ───────────────────────────────────────────────────────────────────────

    def _to_edit(self, params: dict[str, Any]) -> Shown:
        room = self._room(params)
        shown = room.messages.get(int(params["message_id"]))
        if shown is None:
            raise bad("message to edit not found")
        if not shown.from_bot:
            raise bad("message can't be edited")
        return shown

    def _changed(self, shown: Shown, text: str, entities: list[Any], params: Any) -> Any:
        rows = keyboard(params.get("reply_markup"))
        if (text, entities, rows) == (shown.text, shown.entities, shown.rows):
            raise bad(
                "message is not modified: specified new message content and reply markup are "
                "exactly the same as a current content and reply markup of the message"
            )
        shown.text, shown.entities, shown.rows = text, entities, rows
        shown.states.append(text)
        return self._message(shown)

    def do_edit_message_text(self, params: dict[str, Any], _: Any) -> Any:
        shown = self._to_edit(params)
        if shown.kind:
            raise bad("there is no text in the message to edit")
        found = body(params.get("text", ""), params.get("parse_mode"), TEXT, "MESSAGE_TOO_LONG")
        if not found.text:
            raise bad("message text is empty")
        return self._changed(shown, found.text, found.entities, params)

    def do_edit_message_caption(self, params: dict[str, Any], _: Any) -> Any:
        shown = self._to_edit(params)
        if not shown.kind:
            raise bad("there is no caption in the message to edit")
        found = body(
            params.get("caption", ""), params.get("parse_mode"), CAPTION, "MEDIA_CAPTION_TOO_LONG"
        )
        return self._changed(shown, found.text, found.entities, params)

    def do_edit_message_reply_markup(self, params: dict[str, Any], _: Any) -> Any:
        shown = self._to_edit(params)
        return self._changed(shown, shown.text, shown.entities, params)

    def do_edit_message_media(self, params: dict[str, Any], uploads: dict[str, Upload]) -> Any:
        shown = self._to_edit(params)
        asked = json.loads(params["media"])
        kind = asked["type"]
        found = body(
            asked.get("caption", ""),
            asked.get("parse_mode"),
            CAPTION,
            "MEDIA_CAPTION_TOO_LONG",
        )
        given = {k: str(v) for k, v in asked.items() if k != "media"} | {kind: asked["media"]}
        media = self._media(kind, given, uploads)
        if media["file_id"] != shown.media.get("file_id"):
            shown.kind, shown.media, shown.rows = kind, media, [[{"text": "?"}]]
        return self._changed(shown, found.text, found.entities, params)

    def do_delete_message(self, params: dict[str, Any], _: Any) -> Any:
        room = self._room(params)
        number = int(params["message_id"])
        if number not in room.messages:
            raise bad("message to delete not found")
        if time.time() - room.messages[number].date > 48 * 3600:
            raise bad("message can't be deleted for everyone")
        del room.messages[number]
        room.deleted.add(number)
        return True

    def do_answer_callback_query(self, params: dict[str, Any], _: Any) -> Any:
        number = params["callback_query_id"]
        if number not in self._presses:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if len(params.get("text", "")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        self.answered[number] = params.get("text", "")
        return True

    def do_send_chat_action(self, params: dict[str, Any], _: Any) -> Any:
        room = self._room(params)
        self._thread(room, params)
        if params.get("action") not in ACTIONS:
            raise bad("wrong parameter action in request")
        return True

    # ── methods: the rest ───────────────────────────────────────────────────────────────────────

    def do_get_file(self, params: dict[str, Any], _: Any) -> Any:
        stored = self.files.get(params.get("file_id", ""))
        if stored is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if stored.size > CLOUD_IN_B and not self.local:
            raise bad("file is too big")
        found = {
            "file_id": stored.id,
            "file_unique_id": stored.unique_id,
            "file_size": stored.size,
        }
        if not self.local:
            return found | {"file_path": f"videos/{stored.id}.mp4"}
        if not self.mounted:
            return found | {"file_path": f"/var/lib/telegram-bot-api/videos/{stored.id}.mp4"}
        assert self._folder is not None
        path = self._folder / self.token.replace(":", "~") / "videos" / f"{stored.id}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(stored.read())
        return found | {"file_path": str(path)}

    def do_set_my_commands(self, params: dict[str, Any], _: Any) -> Any:
        commands = json.loads(params["commands"])
        if len(commands) > 100:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not COMMAND.fullmatch(command["command"]):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        scope = json.loads(params.get("scope", '{"type":"default"}'))["type"]
        language = params.get("language_code", "")
        if language and not LANGUAGE.fullmatch(language):
            raise bad("invalid language code specified")
        self.commands[scope, language] = commands
        return True

    def do_get_chat_member(self, params: dict[str, Any], _: Any) -> Any:
        room = self.rooms.get(int(params["chat_id"]))
        if room is None:
            raise bad("chat not found")
        return self._membership(room.bot, {"can_send_messages": room.may_send_text})


def _snake(method: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", method).lower()


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _answer(refused: Refused) -> web.Response:
    found: dict[str, Any] = {
        "ok": False,
        "error_code": refused.code,
        "description": refused.description,
    }
    if refused.parameters:
        found["parameters"] = refused.parameters
    return web.json_response(found, status=refused.code)


async def _read(request: web.Request) -> tuple[dict[str, Any], dict[str, Upload]]:
    params: dict[str, Any] = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            assert isinstance(part, aiohttp.BodyPartReader) and part.name
            if part.filename is None:
                params[part.name] = await part.text()
            else:
                uploads[part.name] = Upload(part.filename, bytes(await part.read()))
    elif request.can_read_body:
        params |= {k: v for k, v in (await request.post()).items() if isinstance(v, str)}
    return params, uploads


@asynccontextmanager
async def telegram(
    token: str = "4242:AAHk3l5zq9_double-of-the-bot-api-0123456",
    *,
    local: Path | None = None,
    privacy: bool = True,
    port: int = 0,
) -> AsyncIterator[Telegram]:
    """Listens on a free port until the block ends. `local` is the folder of a server that runs
    with `--local`."""
    server = Telegram(token, local, privacy)
    app = web.Application(client_max_size=3 << 30)
    app.router.add_route("*", "/bot{token}/{method}", server.call)
    app.router.add_get("/file/bot{token}/{path:.+}", server.file)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    delivering = asyncio.create_task(server.deliver())
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        server.root = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
        await runner.cleanup()
