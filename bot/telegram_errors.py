"""What Telegram answers instead of doing it, in our own words.

async with understood(where):
    await bot.send_message(…)       # raises ChatGone, ChatMoved, Slower, Unsure, NotSent …
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from core.chat.chat import ChatGone, ChatMoved, Slower
from core.chat.message import ChatRef
from core.errors import Told, Unsure
from core.say import say

NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.WriteError,
    httpx.WriteTimeout,
)
"""The request did not reach the server as a whole, so nothing was done."""
FORBIDDEN = {
    "blocked": "telegram.gone_blocked",
    "deactivated": "telegram.gone_person",
    "can't initiate": "telegram.gone_never_met",
    "kicked": "telegram.gone_kicked",
    "not a member": "telegram.gone_kicked",
}
NO_RIGHTS = (
    "not enough rights",
    "chat_write_forbidden",
    "chat_send_",
    "have no rights to send",
    "need administrator rights",
    "chat_restricted",
)
NO_ROOM = ("chat not found", "peer_id_invalid", "group chat was deactivated")
NO_TOPIC = ("message thread not found", "topic_deleted", "topic_closed")
NOTHING_NEW = "message is not modified"
BAD_MARKUP = ("can't parse entities", "can't parse message text", "entity_")
BAD_FILE = ("wrong file identifier", "wrong remote file", "wrong file_id", "file_reference")
NOT_THERE = (
    "message to edit not found",
    "message_id_invalid",
    "message can't be edited",
    "message to delete not found",
    "message can't be deleted",
)


class NotSent(Exception):
    """Telegram could not be reached, and nothing was done. To be tried again."""


class Revoked(Exception):
    """The token no longer works; only a person can mend that."""


def says(wrong: BaseException, *words: str) -> bool:
    """Whether the answer contains one of these. Their case differs between servers."""
    text = str(wrong).lower()
    return any(w in text for w in words)


@asynccontextmanager
async def understood(where: ChatRef) -> AsyncIterator[None]:
    """Turns what the library raises into what the courier knows. A BadRequest nobody can mend
    becomes Told; what may have been done becomes Unsure."""
    try:
        yield
    except TelegramError as wrong:
        raise translated(wrong, where) from wrong


def translated(wrong: TelegramError, where: ChatRef) -> Exception:
    """The error of ours that says the same."""
    match wrong:
        case RetryAfter():
            return Slower(seconds(wrong.retry_after))
        case ChatMigrated():
            return ChatMoved(ChatRef(where.network, str(wrong.new_chat_id)))
        case Forbidden():
            keys = (key for words, key in FORBIDDEN.items() if says(wrong, words))
            return ChatGone(say(next(keys, "telegram.gone")))
        case InvalidToken():
            return Revoked(str(wrong))
        case BadRequest():
            return _refused(wrong)
        case NetworkError():
            return _lost(wrong)
    return NotSent(repr(wrong))


def _refused(wrong: BadRequest) -> Exception:
    if says(wrong, *NO_RIGHTS):
        return ChatGone(say("telegram.gone_rights"))
    if says(wrong, *NO_TOPIC):
        return ChatGone(say("telegram.gone_topic"))
    if says(wrong, *NO_ROOM):
        return ChatGone(say("telegram.gone"))
    return Told("telegram.refused", why=wrong.message)


def _lost(wrong: NetworkError) -> Exception:
    """A time-out after the request was sent may mean that it was done. An error the server
    answered itself, and a connection that never came about, cannot."""
    cause = wrong.__cause__
    if cause is None or isinstance(cause, NEVER_LEFT):
        if says(wrong, "request entity too large"):
            return Told("telegram.refused", why=wrong.message)
        return NotSent(repr(wrong))
    return Unsure(repr(wrong))


def seconds(wait: int | float | timedelta) -> float:
    """`retry_after` is a number today and a timedelta in the library's next version."""
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
