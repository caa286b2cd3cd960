"""What people do on Telegram, as what a person did anywhere: `Update` → `In`.

    heard = Hearing(me).hear(update)        # an In, or None for what is no talk

The key of an `In` is the message it came with, not the update: a message that is delivered twice,
or edited after it was answered, is handled once; one that is edited *into* a command is heard.
"""

from __future__ import annotations

import mimetypes
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from telegram import (
    CallbackQuery,
    Chat,
    Message,
    MessageEntity,
    Update,
    User,
)
from telegram.constants import ChatType

from core.chat.message import ChatRef, In, InFile, MessageRef, Who
from core.media.receive import safe_name

ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
"""Updates we ask for; the server remembers it."""
SUBTITLES = (".srt", ".vtt", ".ass", ".ssa")
BRAND_NAMES = (".ttf", ".otf", ".png", ".mp3", ".m4a", ".wav", ".flac")
"""Fonts, logos and music."""
VIDEO_NAMES = (
    ".mp4",
    ".mov",
    ".mkv",
    ".webm",
    ".m4v",
    ".avi",
    ".ts",
    ".mts",
    ".mpg",
    ".mpeg",
    ".wmv",
)
ALBUMS = 200
"""Remembered; siblings were seen to come 5-11 s apart on slow uploads."""
COMMAND = re.compile(r"/[A-Za-z0-9_]{1,32}(@\w+)?")


class Hearing:
    """Reads updates for one bot."""

    def __init__(self, me: User) -> None:
        self._me = me
        self._mention = re.compile(rf"@{re.escape(me.username or 'nobody')}\b[:,]?", re.IGNORECASE)

    def hear(self, update: Update) -> In | None:
        """None for what nobody said to us."""
        if update.callback_query is not None:
            return self._pressed(update.callback_query)
        message = update.message or update.edited_message
        return self._said(message) if message is not None else None

    # ── messages ────────────────────────────────────────────────────────────────────────────────

    def _said(self, message: Message) -> In | None:
        who = _who(message.from_user, message.sender_chat)
        if who is None or is_service(message):
            return None
        where = where_of(message)
        text, files = self._text(message), tuple(files_of(message))
        answered = message.reply_to_message
        if answered is not None and _is_topic_start(answered):
            answered = None
        if answered is not None and not files and self._is_command(text):
            files = self._files_answered(answered)
        return In(
            key_of(message),
            where,
            who,
            text,
            files,
            on=MessageRef(where, str(answered.message_id)) if answered is not None else None,
            said=MessageRef(where, str(message.message_id)),
            chat_title=title_of(message.chat),
            addressed=self._is_addressed(message, answered),
        )

    def _text(self, message: Message) -> str:
        """What was written, without our name in front of it and with the addresses behind words."""
        raw = message.text or message.caption or ""
        for entity in message.entities or message.caption_entities:
            if entity.type == MessageEntity.TEXT_LINK and entity.url and entity.url not in raw:
                raw = f"{raw} {entity.url}"
        if COMMAND.match(raw):
            return raw
        return " ".join(self._mention.sub(" ", raw).split()) if self._mention.search(raw) else raw

    def _is_addressed(self, message: Message, answered: Message | None) -> bool:
        by = answered.from_user if answered is not None else None
        named = self._mention.search(message.text or message.caption or "") is not None
        return named or (by is not None and by.id == self._me.id)

    def _is_command(self, text: str) -> bool:
        command = COMMAND.match(text)
        meant = command and (command[1] or f"@{self._me.username}")[1:]
        return bool(meant) and str(meant).lower() == (self._me.username or "").lower()

    def _files_answered(self, answered: Message) -> tuple[InFile, ...]:
        """`/clip` in reply to somebody's video; never one of our own clips."""
        ours = answered.from_user is not None and answered.from_user.id == self._me.id
        return () if ours else tuple(files_of(answered))

    # ── buttons ─────────────────────────────────────────────────────────────────────────────────

    def _pressed(self, query: CallbackQuery) -> In | None:
        who = _who(query.from_user, None)
        if who is None or query.message is None or query.data is None:
            return None  # games and inline messages: none of ours
        message = query.message
        # A message too old to be shown comes without its topic; the outbox knows where it was said.
        where = where_of(message) if isinstance(message, Message) else bare_where(message.chat)
        return In(
            f"telegram:press:{query.id}",
            where,
            who,
            act=query.data,
            on=MessageRef(where, str(message.message_id)),
            chat_title=title_of(message.chat),
            addressed=True,
        )


# ── pieces of an update ─────────────────────────────────────────────────────────────────────────


def key_of(message: Message) -> str:
    return f"telegram:{message.chat.id}:{message.message_id}"


def bare_where(chat: Chat) -> ChatRef:
    return ChatRef("telegram", str(chat.id))


def where_of(message: Message) -> ChatRef:
    """A supergroup numbers every chain of replies as a thread; only topics are places."""
    thread = message.message_thread_id if message.is_topic_message else None
    return ChatRef("telegram", str(message.chat.id), str(thread) if thread else None)


def title_of(chat: Chat) -> str:
    return "" if chat.type == ChatType.PRIVATE else (chat.title or "group")


def is_service(message: Message) -> bool:
    """Somebody joined, a topic was opened, the group moved: nothing anybody said."""
    quiet = ("new_chat_members", "left_chat_member", "new_chat_title", "pinned_message")
    moved = ("migrate_to_chat_id", "migrate_from_chat_id", "group_chat_created")
    topics = ("forum_topic_created", "forum_topic_closed", "forum_topic_reopened")
    more = ("forum_topic_edited", "supergroup_chat_created", "new_chat_photo", "delete_chat_photo")
    return any(getattr(message, name, None) for name in (*quiet, *moved, *topics, *more))


def _is_topic_start(answered: Message) -> bool:
    """Every message of a topic answers the one that opened it."""
    return answered.forum_topic_created is not None


def _who(user: User | None, as_chat: Chat | None) -> Who | None:
    """Who spoke. An anonymous administrator speaks as the group, a channel as itself."""
    if as_chat is not None:
        return Who("telegram", str(as_chat.id), as_chat.title or as_chat.effective_name or "?")
    if user is None or user.is_bot:
        return None
    return Who("telegram", str(user.id), user.full_name, user.language_code)


def files_of(message: Message) -> Iterator[InFile]:
    """Videos however they were sent, subtitles, parts of a brand. A round video note is a video;
    so is a GIF, which Telegram keeps as one."""
    found: Any = message.video or message.video_note or message.animation or message.audio
    if found is None and message.document is not None and _is_wanted(message.document):
        found = message.document
    if found is None:
        return
    mime = getattr(found, "mime_type", None) or "video/mp4"
    name = getattr(found, "file_name", None) or f"video{mimetypes.guess_extension(mime) or '.mp4'}"
    yield InFile(safe_name(name), found.file_size, mime, f"telegram:{found.file_id}")


def _is_wanted(document: Any) -> bool:
    """Sent "as a file". What it really is, probing decides; this only keeps letters and pictures
    from being fetched."""
    mime, name = (document.mime_type or ""), (document.file_name or "").lower()
    if name.endswith((*SUBTITLES, *VIDEO_NAMES, *BRAND_NAMES)):
        return True
    return mime.startswith("video/") or mime in ("", "application/octet-stream")


def joined(parts: list[In]) -> In:
    """An album as one thing a person did: all its files, with the words of whichever has them."""
    first = parts[0]
    text = next((p.text for p in parts if p.text.strip()), "")
    files = tuple(file for part in parts for file in part.files)
    return replace(first, text=text, files=files, addressed=any(p.addressed for p in parts))


class Albums:
    """The words of the last albums: a sibling that comes late is meant the same way."""

    def __init__(self) -> None:
        self._said: OrderedDict[str, In] = OrderedDict()

    def completed(self, group: str | None, inn: In) -> In:
        """With what the album said, when that is known and this part says nothing."""
        if group is None:
            return inn
        before = self._said.get(group)
        if before is not None and not inn.text.strip():
            inn = replace(inn, text=before.text, addressed=before.addressed or inn.addressed)
        self._said[group] = inn
        if len(self._said) > ALBUMS:
            self._said.popitem(last=False)
        return inn


def group_of(update: Update) -> str | None:
    """The album an update is a part of."""
    return update.message.media_group_id if update.message else None


def message_in(update: Update) -> Message | None:
    return update.message or update.edited_message


def is_edit_of_a_file(update: Update) -> bool:
    """Other words under a video that was handled are no new video. Words edited into a command are
    heard, since nobody heard them before; the rest was handled under the key of its message."""
    edited = update.edited_message
    if edited is None or not any(True for _ in files_of(edited)):
        return False
    return COMMAND.match(edited.caption or "") is None
