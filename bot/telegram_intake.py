"""How updates reach us: long polling, or a webhook behind our gateway.

Either way an update is confirmed only when `keep` has returned, and presses of buttons are answered
at once, whatever the work they begin will take.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Sequence

import structlog
from aiohttp import web
from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.telegram_errors import seconds
from bot.telegram_updates import ALLOWED
from core.secrets import Vault

log = structlog.get_logger()

Keep = Callable[[Sequence[Update]], Awaitable[None]]

POLL_S = 50
"""The longest the server holds a request (tdlib/telegram-bot-api Client.cpp)."""
MOST_WAIT_S = 30.0
TWO_TOLD_S = 3600.0
HOOK_PATH = "/hook/telegram"
HOOK_BODY_B = 1 << 20
HOOKS_AT_ONCE = 40
HEADER = "X-Telegram-Bot-Api-Secret-Token"
_USE = "telegram-webhook"


class Waits:
    """Pauses of an outage, longer each time, and told once."""

    def __init__(self) -> None:
        self._times = 0
        self._two_told_at = -TWO_TOLD_S

    def over(self) -> None:
        """There is an answer again."""
        if self._times:
            log.info("telegram.back", tries=self._times)
        self._times = 0

    async def after(self, wrong: TelegramError) -> None:
        """Raises InvalidToken on, which no waiting mends."""
        if isinstance(wrong, InvalidToken):
            raise wrong
        self._times += 1
        if isinstance(wrong, Conflict):
            self._tell_two(wrong)
        elif self._times == 1:
            log.warning("telegram.away", error=repr(wrong))
        if isinstance(wrong, RetryAfter):
            await asyncio.sleep(seconds(wrong.retry_after))
        else:
            wait_s = min(MOST_WAIT_S, 2.0 ** min(self._times - 1, 6))
            await asyncio.sleep(wait_s * random.uniform(0.7, 1.3))

    def _tell_two(self, wrong: Conflict) -> None:
        """Two programs with one token take turns for as long as both run: one line an hour."""
        now = asyncio.get_running_loop().time()
        if now - self._two_told_at >= TWO_TOLD_S:
            self._two_told_at = now
            log.error("telegram.two_pollers", why=wrong.message)


class Intake:
    """Takes updates in for one bot."""

    def __init__(self, bot: Bot, vault: Vault, webhook: str | None) -> None:
        self._bot = bot
        self._vault = vault
        self._webhook = webhook
        self._keep: Keep | None = None
        self._answering: set[asyncio.Task[None]] = set()

    async def run(self, keep: Keep) -> None:
        """Until cancelled. Raises InvalidToken."""
        self._keep = keep
        waits = Waits()
        try:
            while True:
                try:
                    if self._webhook is not None:
                        await self._set_webhook(self._webhook)
                        await asyncio.Event().wait()
                    await self._bot.delete_webhook()
                    await self._poll(keep, waits)
                except TelegramError as wrong:
                    await waits.after(wrong)
        finally:
            self._keep = None
            for task in self._answering:
                task.cancel()

    async def _poll(self, keep: Keep, waits: Waits) -> None:
        """Fetch, write down, and only then ask for what comes after, which confirms it."""
        offset: int | None = None
        while True:
            fetched = await self._bot.get_updates(
                offset=offset, timeout=POLL_S, allowed_updates=ALLOWED
            )
            waits.over()
            if not fetched:
                continue
            for update in fetched:
                self._answer_press(update)
            await _until_done(keep, fetched)
            offset = max(u.update_id for u in fetched) + 1

    # ── webhook ─────────────────────────────────────────────────────────────────────────────────

    async def _set_webhook(self, address: str) -> None:
        await self._bot.set_webhook(
            address.rstrip("/") + HOOK_PATH,
            secret_token=self._vault.sign(_USE, str(self._bot.id)),
            allowed_updates=ALLOWED,
            max_connections=HOOKS_AT_ONCE,
        )
        log.info("telegram.webhook_set")

    @property
    def routes(self) -> list[web.RouteDef]:
        return [web.post(HOOK_PATH, self._hooked)] if self._webhook is not None else []

    async def _hooked(self, request: web.Request) -> web.Response:
        """Telegram brings an update. 200 says that it is safe; anything else brings it again."""
        if self._keep is None:
            raise web.HTTPServiceUnavailable(text="Not ready yet.")
        given = request.headers.get(HEADER, "")
        if not self._vault.signed(_USE, str(self._bot.id), given):
            log.warning("telegram.webhook_secret")
            raise web.HTTPForbidden(text="This is not from Telegram.")
        try:
            update = Update.de_json(json.loads(await _body(request)), self._bot)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            log.exception("telegram.webhook_body")
            raise web.HTTPBadRequest(text="Not an update.") from None
        await self._keep([update])
        self._answer_press(update)
        return web.Response()

    # ── presses ─────────────────────────────────────────────────────────────────────────────────

    def _answer_press(self, update: Update) -> None:
        """The button shows a clock until it is answered."""
        if update.callback_query is not None:
            task = asyncio.create_task(self._answer(update.callback_query.id))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, query_id: str) -> None:
        try:
            await self._bot.answer_callback_query(query_id)
        except TelegramError as wrong:  # too old, most often; the press is handled all the same
            log.debug("telegram.press_not_answered", why=str(wrong))


async def _until_done(keep: Keep, fetched: Sequence[Update]) -> None:
    """Not confirming them is what keeps them safe while the database is away."""
    wait_s = 0.2
    while True:
        try:
            await keep(fetched)
            return
        except Exception:
            log.exception("telegram.cannot_keep", updates=len(fetched))
        await asyncio.sleep(wait_s)
        wait_s = min(10.0, wait_s * 2)


async def _body(request: web.Request) -> bytes:
    """At most as much as the largest update. Raises ValueError for more."""
    found = b""
    async for part in request.content.iter_any():
        found += part
        if len(found) > HOOK_BODY_B:
            raise ValueError("more than an update")
    return found
