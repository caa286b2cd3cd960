"""The calls about channels and their messages on the Discord of the tests."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from aiohttp import web

from tests.doubles import discord_rules as rules
from tests.doubles.discord_network import Network
from tests.doubles.discord_rules import Refused
from tests.doubles.discord_wire import Limited, answer
from tests.doubles.discord_world import DM, FILES, SEND, VIEW, Channel, File, Message, User


class Channels(Network):
    """As strict as the real one."""

    def _channel(self, request: web.Request, needs: int = VIEW) -> Channel:
        channel = self.channels.get(int(request.match_info["channel"]))
        if channel is None or channel.gone:
            raise Refused(*rules.UNKNOWN_CHANNEL)
        if not channel.bot_may & VIEW:
            raise Refused(*rules.MISSING_ACCESS)
        if needs & ~channel.bot_may:
            raise Refused(*rules.MISSING_PERMISSIONS)
        return channel

    def _message(self, request: web.Request) -> Message:
        found = self._channel(request).messages.get(int(request.match_info["message"]))
        if found is None or found.removed or found.ephemeral:
            raise Refused(*rules.UNKNOWN_MESSAGE)
        return found

    async def _channel_itself(self, request: web.Request) -> web.Response:
        return answer(self._channel(request).wire())

    async def _history(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        after, most = int(request.query.get("after", 0)), int(request.query.get("limit", 50))
        found = [m for m in self.shown(channel) if m.id > after][:most]
        return answer([self.as_seen(m) for m in reversed(found)])

    async def _create(self, request: web.Request) -> web.Response:
        channel = self._channel(request, SEND)
        if channel.person is not None and channel.person.closed:
            raise Refused(*rules.CLOSED)
        if channel.locked:
            raise Refused(*rules.LOCKED)
        headers = self._spend("messages", channel)
        body, files = await self._read(request, channel.upload_b)
        if files and not channel.bot_may & FILES:
            raise Refused(*rules.MISSING_PERMISSIONS)
        if not (body.get("content") or body.get("embeds") or files):
            raise Refused(*rules.EMPTY)
        nonce = str(body["nonce"]) if body.get("nonce") else None
        if nonce and body.get("enforce_nonce") and (channel.id, nonce) in self._nonces:
            return answer(self._nonces[channel.id, nonce].wire(self.base), headers=headers)
        made = self._made(body, files, channel)
        made.nonce = nonce
        if nonce:
            self._nonces[channel.id, nonce] = made
        await self.put(made)
        return answer(made.wire(self.base) | {"nonce": nonce}, headers=headers)

    def _made(self, body: dict[str, Any], files: list[File], channel: Channel) -> Message:
        """A message of the bot from what it sent."""
        reference = body.get("message_reference")
        reply_to = None
        if reference is not None:
            reply_to = channel.messages.get(int(reference["message_id"]))
            there = reply_to is not None and not reply_to.removed
            rules.must(
                there or reference.get("fail_if_not_exists") is False,
                "message_reference: Unknown message",
            )
        made = Message(
            channel,
            self.bot,
            body.get("content") or "",
            body.get("embeds") or [],
            body.get("components") or [],
            files,
            body.get("flags") or 0,
            reply_to=reply_to,
        )
        made.rings = self._rings(body, made)
        return made

    def _rings(self, body: dict[str, Any], made: Message) -> list[User]:
        """Whom a message of the bot notifies: what it allows, no more."""
        allowed = body.get("allowed_mentions")
        assert allowed is not None, "a message that does not say whom it may mention"
        assert not allowed.get("parse"), "captions come from people: nobody is mentioned by them"
        named = {int(i) for i in re.findall(r"<@!?(\d+)>", made.content)}
        rung = [self.users[i] for i in map(int, allowed.get("users") or ()) if i in named]
        if made.reply_to is not None and allowed.get("replied_user"):
            rung.append(made.reply_to.author)
        return [u for u in rung if not u.bot]

    async def _get(self, request: web.Request) -> web.Response:
        return answer(self.as_seen(self._message(request)))

    async def _edit(self, request: web.Request) -> web.Response:
        message = self._message(request)
        if message.author is not self.bot:
            raise Refused(*rules.NOT_YOURS)
        headers = self._spend("edits", message.channel)
        await self._edited(request, message)
        return answer(message.wire(self.base), headers=headers)

    async def _edited(self, request: web.Request, message: Message) -> None:
        stay = len(message.files)
        body, files = await self._read(request, message.channel.upload_b, kept=stay)
        was = (message.content, message.embeds, message.files)
        await self._change(message, body, files)
        if not (message.content or message.embeds or message.files):
            message.content, message.embeds, message.files = was
            raise Refused(*rules.EMPTY)

    async def _delete(self, request: web.Request) -> web.Response:
        message = self._message(request)
        if message.author is not self.bot:
            raise Refused(*rules.NOT_YOURS)
        message.removed = True
        await self.tell()
        return web.Response(status=204)

    async def _read(
        self, request: web.Request, limit_b: int, *, kept: int = 0
    ) -> tuple[dict[str, Any], list[File]]:
        """JSON, or a form with `payload_json` and `files[n]`."""
        if request.content_type == "application/json":
            body = await request.json()
            rules.check_message(body, (), limit_b, kept=kept)
            return body, []
        body, sent = {}, []
        async for part in await request.multipart():
            if part.name == "payload_json":
                body = json.loads(await part.text())
            else:
                number = int(re.fullmatch(r"files\[(\d+)\]", part.name or "")[1])  # type: ignore[index]
                sent.append((number, part.filename or "", bytes(await part.read())))
        stay = sum("filename" not in a for a in body.get("attachments") or ())
        rules.check_message(body, [(name, data) for _, name, data in sent], limit_b, kept=stay)
        about = {str(a["id"]): a for a in body.get("attachments") or ()}
        files = [
            File(name, data, _kind(name), about.get(str(n), {}).get("description"))
            for n, name, data in sent
        ]
        return body, files

    def as_seen(self, message: Message) -> dict[str, Any]:
        """As this app may see it: without the message content intent a good deal is empty, in what
        a message answers as well."""
        about = message.wire(self.base, hidden=self._is_hidden(message))
        if message.reply_to is not None:
            hidden = self._is_hidden(message.reply_to)
            about["referenced_message"] = message.reply_to.wire(self.base, hidden=hidden)
        return about

    def _is_hidden(self, message: Message) -> bool:
        mine = message.author is self.bot or self.bot in message.mentions
        return not (mine or message.channel.kind == DM or self.line.sees_content)

    def _spend(self, what: str, channel: Channel) -> dict[str, str]:
        """Rate limit headers of a bucket. Raises the 429 of whoever does not look at them."""
        most, seconds = self.pace
        now = time.monotonic()
        spent = [t for t in self._spent.get((what, channel.id), []) if t > now - seconds]
        after = seconds if not spent else spent[0] + seconds - now
        if len(spent) >= most:
            raise Limited(after)
        self._spent[what, channel.id] = [*spent, now]
        return {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(most - len(spent) - 1),
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": what,
        }


def _kind(name: str) -> str:
    ending = name.rsplit(".", 1)[-1].lower()
    return {"mp4": "video/mp4", "png": "image/png", "jpg": "image/jpeg"}.get(ending, "text/plain")
