"""A Discord on loopback: REST, gateway and CDN, strict about what the real one refuses.

    async with running_discord() as discord:
        ana = discord.person("Ana")
        ... point DISCORD_API_ROOT and DISCORD_GATEWAY at discord.api and discord.gateway ...
        await ana.writes(ana.dm, "hello")
        discord.shown(ana.dm)            # what the channel shows now

Two traps of the library are kept: answers carry `application/json` without a charset, and a real
429 has a `Via` header (without one it is Cloudflare speaking).
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.doubles import discord_rules as rules
from tests.doubles.discord_gateway import Gateway
from tests.doubles.discord_people import Person
from tests.doubles.discord_rules import EPHEMERAL, LOADING, Refused
from tests.doubles.discord_world import (
    DM,
    FILES,
    SEND,
    THREAD,
    VIEW,
    Channel,
    File,
    Interaction,
    Message,
    Server,
    User,
    stamp,
)

TOKEN = "MTA.discord.token-of-the-tests"
APPLICATION = 1000


@dataclass
class Fault:
    """What the next `times` requests that match meet."""

    what: str
    """`429`, `cloudflare`, `500`, `lost` (done, the answer never arrives) or `cut` (not done)."""
    path: str = "."
    method: str = ""
    times: int = 1
    retry_after: float = 0.1

    def meets(self, request: web.Request) -> bool:
        here = self.times > 0 and (not self.method or self.method == request.method)
        return here and re.search(self.path, request.path) is not None


class Limited(Exception):
    """Too many requests in one bucket."""

    def __init__(self, after_s: float) -> None:
        super().__init__(after_s)
        body = {"message": "You are being rate limited.", "retry_after": after_s, "global": False}
        self.answer = _json(body, 429, {"Via": "1.1 google"})


@dataclass
class Call:
    """One request, for tests that count."""

    method: str
    path: str
    status: int
    at: float


@dataclass
class Discord:
    """The network as a whole."""

    token: str = TOKEN
    answer_s: float = 3.0
    token_life_s: float = 900.0
    pace: tuple[int, float] = (5, 5.0)
    """Messages in so many seconds in one channel; edits count apart."""
    bot: User = field(default_factory=lambda: User("Clipdesk", bot=True))
    users: dict[int, User] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    servers: list[Server] = field(default_factory=list)
    files: dict[int, File] = field(default_factory=dict)
    interactions: dict[int, Interaction] = field(default_factory=dict)
    commands: list[dict[str, Any]] = field(default_factory=list)
    syncs: int = 0
    faults: list[Fault] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    base: str = ""

    def __post_init__(self) -> None:
        self.line = Gateway(self)
        self._spent: dict[tuple[str, int], list[float]] = {}
        self._nonces: dict[tuple[int, str], Message] = {}
        self.news = asyncio.Condition()

    @property
    def api(self) -> str:
        return f"{self.base}/api/v10"

    @property
    def gateway(self) -> str:
        return self.base.replace("http", "ws", 1) + "/gateway"

    # ── what there is ───────────────────────────────────────────────────────────────────────────

    def person(self, name: str, **how: Any) -> Person:
        user = User(name, **how)
        self.users[user.id] = user
        return Person(self, user)

    def server(self, name: str, *channels: str, tier: int = 0) -> Server:
        made = Server(name, tier)
        self.servers.append(made)
        for channel in channels:
            self._keep(Channel(channel, server=made), made)
        return made

    def thread(self, parent: Channel, name: str) -> Channel:
        assert parent.server is not None
        made = Channel(name, THREAD, parent.server, parent)
        return self._keep(made, parent.server)

    def dm(self, user: User) -> Channel:
        """The one direct conversation with a person."""
        found = (c for c in self.channels.values() if c.kind == DM and c.person is user)
        return next(found, None) or self._keep(Channel(kind=DM, person=user), None)

    def _keep(self, channel: Channel, server: Server | None) -> Channel:
        self.channels[channel.id] = channel
        if server is not None:
            server.channels.append(channel)
        return channel

    def shown(self, channel: Channel, *, to: User | None = None) -> list[Message]:
        """What a channel shows now, oldest first; ephemeral messages only to whom they are for."""
        return [
            m
            for m in channel.messages.values()
            if not m.removed and (not m.ephemeral or (to is not None and m.asked_by is to))
        ]

    async def tell(self) -> None:
        """Something changed: whoever waits looks again."""
        async with self.news:
            self.news.notify_all()

    async def until(self, holds: Callable[[], Any], why: str = "", within_s: float = 10) -> Any:
        """What `holds` gives as soon as it is true."""
        try:
            async with asyncio.timeout(within_s), self.news:
                return await self.news.wait_for(holds)
        except TimeoutError:
            raise AssertionError(f"it did not come: {why}\n{self.transcript()}") from None

    def transcript(self) -> str:
        """Everything every channel shows, to read."""
        lines = []
        for channel in self.channels.values():
            lines.append(f"── {channel.name or 'dm'}")
            lines += [
                f"{m.author.name}: {m.text} {[b['label'] for b in m.buttons]}"
                for m in channel.messages.values()
                if not m.removed
            ]
        return "\n".join(lines)

    # ── messages ────────────────────────────────────────────────────────────────────────────────

    async def put(self, message: Message) -> Message:
        """A message appears."""
        message.channel.messages[message.id] = message
        message.states.append(message.text)
        for file in message.files:
            self.files[file.id] = file
        await self.line.message_created(message)
        await self.tell()
        return message

    async def _change(self, message: Message, body: dict[str, Any], files: list[File]) -> None:
        if "content" in body:
            message.content = body["content"] or ""
        if "embeds" in body:
            message.embeds = body["embeds"] or []
        if "components" in body:
            message.rows = body["components"] or []
        if "attachments" in body:
            stay = {str(a.get("id")) for a in body["attachments"] or ()}
            message.files = [f for f in message.files if str(f.id) in stay] + files
        for file in files:
            self.files[file.id] = file
        message.flags &= ~LOADING
        message.edits += 1
        message.states.append(message.text)
        await self.tell()

    # ── the server ──────────────────────────────────────────────────────────────────────────────

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._door], client_max_size=600 * 1024**2)
        add, api = app.router.add_route, "/api/v10"
        add("GET", f"{api}/users/@me", self._me)
        add("GET", f"{api}/oauth2/applications/@me", self._application)
        add("PUT", f"{api}/applications/{APPLICATION}/commands", self._sync)
        add("POST", f"{api}/users/@me/channels", self._open_dm)
        add("GET", f"{api}/channels/{{channel}}", self._channel_itself)
        add("GET", f"{api}/channels/{{channel}}/messages", self._history)
        add("POST", f"{api}/channels/{{channel}}/messages", self._create)
        add("GET", f"{api}/channels/{{channel}}/messages/{{message}}", self._get)
        add("PATCH", f"{api}/channels/{{channel}}/messages/{{message}}", self._edit)
        add("DELETE", f"{api}/channels/{{channel}}/messages/{{message}}", self._delete)
        add("POST", f"{api}/interactions/{{id}}/{{token}}/callback", self._answer)
        hook = f"{api}/webhooks/{APPLICATION}/{{token}}"
        add("POST", hook, self._follow_up)
        for method in ("GET", "PATCH", "DELETE"):
            add(method, f"{hook}/messages/@original", self._original)
        app.router.add_get("/attachments/{channel}/{id}/{name}", self._file)
        app.router.add_get("/gateway/", self.line.serve)
        app.router.add_get("/gateway", self.line.serve)
        return app

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if not request.path.startswith("/api/"):
            return await handler(request)  # type: ignore[no-any-return]
        fault = next((f for f in self.faults if f.meets(request)), None)
        if fault is not None:
            fault.times -= 1
        answer = await self._fail(fault, request) if fault and fault.what != "lost" else None
        if answer is None:
            answer = await self._serve(request, handler)
        self.calls.append(Call(request.method, request.path, answer.status, time.monotonic()))
        if fault is not None and fault.what == "lost":
            self._cut(request)
        return answer

    async def _serve(self, request: web.Request, handler: Any) -> web.Response:
        token = request.headers.get("Authorization")
        by_token = "/webhooks/" in request.path or "/interactions/" in request.path
        try:
            if not by_token and token != f"Bot {self.token}":
                raise Refused(401, 0, "401: Unauthorized")
            return await handler(request)  # type: ignore[no-any-return]
        except Limited as no:
            return no.answer
        except Refused as no:
            return _json(no.body, no.status)

    async def _fail(self, fault: Fault, request: web.Request) -> web.Response | None:
        await request.read()
        if fault.what == "cut":
            self._cut(request)
        if fault.what == "500":
            return _json({"message": "500: Internal Server Error", "code": 0}, 500)
        if fault.what == "cloudflare":
            return web.Response(status=429, text="error code: 1015", content_type="text/plain")
        return Limited(fault.retry_after).answer

    @staticmethod
    def _cut(request: web.Request) -> None:
        if request.transport is not None:
            request.transport.abort()

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

    # ── who one is ──────────────────────────────────────────────────────────────────────────────

    async def _me(self, request: web.Request) -> web.Response:
        return _json(self.bot.wire() | {"verified": True, "mfa_enabled": True, "flags": 0})

    async def _application(self, request: web.Request) -> web.Response:
        about: dict[str, Any] = {
            "id": str(APPLICATION),
            "name": "Clipdesk",
            "icon": None,
            "description": "",
            "rpc_origins": [],
            "bot_public": True,
            "bot_require_code_grant": False,
            "owner": User("Owner").wire(),
            "verify_key": "0" * 64,
            "team": None,
            "flags": 0,
            "interactions_endpoint_url": None,
        }
        return _json(about)

    async def _sync(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        rules.check_commands(wanted)
        self.syncs += 1
        self.commands = [
            {**c, "id": str(2000 + n), "application_id": str(APPLICATION), "version": "1"}
            for n, c in enumerate(wanted)
        ]
        return _json(
            [{"default_member_permissions": None, "description": "", **c} for c in self.commands]
        )

    async def _open_dm(self, request: web.Request) -> web.Response:
        user = self.users.get(int((await request.json())["recipient_id"]))
        if user is None:
            raise rules.bad_form("recipient_id: Unknown User")
        return _json(self.dm(user).wire())

    # ── channels ────────────────────────────────────────────────────────────────────────────────

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
        return _json(self._channel(request).wire())

    async def _history(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        after, most = int(request.query.get("after", 0)), int(request.query.get("limit", 50))
        found = [m for m in self.shown(channel) if m.id > after][:most]
        return _json([self.as_seen(m) for m in reversed(found)])

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
            return _json(self._nonces[channel.id, nonce].wire(self.base), headers=headers)
        made = self._made(body, files, channel)
        made.nonce = nonce
        if nonce:
            self._nonces[channel.id, nonce] = made
        await self.put(made)
        return _json(made.wire(self.base) | {"nonce": nonce}, headers=headers)

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
        return _json(self.as_seen(self._message(request)))

    async def _edit(self, request: web.Request) -> web.Response:
        message = self._message(request)
        if message.author is not self.bot:
            raise Refused(*rules.NOT_YOURS)
        headers = self._spend("edits", message.channel)
        await self._edited(request, message)
        return _json(message.wire(self.base), headers=headers)

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

    # ── interactions ────────────────────────────────────────────────────────────────────────────

    async def ask(self, interaction: Interaction) -> Interaction:
        """Hand an interaction to the bot."""
        interaction.token = secrets.token_urlsafe(60)
        self.interactions[interaction.id] = interaction
        await self.line.dispatch("INTERACTION_CREATE", self._interaction(interaction))
        return interaction

    def _interaction(self, it: Interaction) -> dict[str, Any]:
        channel, server = it.channel, it.channel.server
        about: dict[str, Any] = {
            "id": str(it.id),
            "application_id": str(APPLICATION),
            "type": it.kind,
            "token": it.token,
            "version": 1,
            "data": it.data,
            "channel": channel.wire(),
            "channel_id": str(channel.id),
            "locale": it.user.locale,
            "app_permissions": str(channel.bot_may),
            "entitlements": [],
            "attachment_size_limit": channel.upload_b,
            "context": 0 if server else 1,
        }
        if it.message is not None:
            about["message"] = it.message.wire(self.base)
        if server is None:
            owners = {"1": str(it.user.id)}
            return about | {"user": it.user.wire(), "authorizing_integration_owners": owners}
        # Where the app is not in the server, somebody brought it along as their own.
        inside = server in self.servers
        owners = {"0": str(server.id)} if inside else {"1": str(it.user.id)}
        member = {"user": it.user.wire(), "roles": [], "joined_at": stamp(), "deaf": False}
        return about | {
            "guild_id": str(server.id),
            "guild": {"id": str(server.id), "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "authorizing_integration_owners": owners,
            "member": {**member, "mute": False, "flags": 0, "permissions": "0"},
        }

    async def _answer(self, request: web.Request) -> web.Response:
        it = self.interactions.get(int(request.match_info["id"]))
        if it is None or it.token != request.match_info["token"]:
            raise Refused(*rules.UNKNOWN_INTERACTION)
        body, files = await self._read_answer(request, it)
        if it.answered is not None:
            it.refused.append(40060)
            raise Refused(*rules.ACKNOWLEDGED)
        if time.monotonic() - it.at > self.answer_s:
            it.refused.append(10062)
            raise Refused(*rules.UNKNOWN_INTERACTION)
        rules.check_answer(it.kind, body)
        await self._take(it, body, files)
        await self.tell()
        told: dict[str, Any] = {"id": str(it.id), "type": it.kind}
        if it.response is not None and body["type"] in (4, 5):
            told |= {
                "response_message_id": str(it.response.id),
                "response_message_loading": it.response.thinking,
                "response_message_ephemeral": it.response.ephemeral,
            }
        return _json({"interaction": told})

    async def _read_answer(
        self, request: web.Request, it: Interaction
    ) -> tuple[dict[str, Any], list[File]]:
        body = await request.json()
        if body.get("type") in (4, 7):
            rules.check_message(body.get("data") or {}, (), it.channel.upload_b)
        return body, []

    async def _take(self, it: Interaction, body: dict[str, Any], files: list[File]) -> None:
        data = body.get("data") or {}
        it.answered = body["type"]
        if it.answered in (4, 5):
            made = self._made(data, files, it.channel) if it.answered == 4 else None
            flags = data.get("flags") or 0
            it.response = made or Message(it.channel, self.bot, flags=flags | LOADING)
            it.response.asked_by = it.user
            await self.put(it.response)
        elif it.answered == 7 and it.message is not None:
            await self._change(it.message, data, files)
        elif it.answered == 8:
            it.choices = data["choices"]
        elif it.answered == 9:
            it.modal = data

    def _live(self, request: web.Request) -> Interaction:
        token = request.match_info["token"]
        it = next((i for i in self.interactions.values() if i.token == token), None)
        if it is None:
            raise Refused(*rules.UNKNOWN_WEBHOOK)
        if time.monotonic() - it.at > self.token_life_s:
            raise Refused(*rules.TOKEN_OVER)
        if it.answered is None:
            raise Refused(*rules.UNKNOWN_WEBHOOK)
        return it

    async def _follow_up(self, request: web.Request) -> web.Response:
        it = self._live(request)
        assert it.answered != 5 or it.response is None or not it.response.thinking, (
            "the deferred answer is still open: edit it instead of following up"
        )
        body, files = await self._read(request, it.channel.upload_b)
        if not (body.get("content") or body.get("embeds") or files):
            raise Refused(*rules.EMPTY)
        made = self._made(body, files, it.channel)
        made.asked_by = it.user
        it.followups.append(await self.put(made))
        return _json(made.wire(self.base))

    async def _original(self, request: web.Request) -> web.Response:
        it = self._live(request)
        message = it.response
        if message is None or message.removed:
            raise Refused(*rules.UNKNOWN_MESSAGE)
        if request.method == "DELETE":
            message.removed = True
            await self.tell()
            return web.Response(status=204)
        if request.method == "PATCH":
            flags = message.flags
            await self._edited(request, message)
            message.edits -= bool(flags & LOADING)  # the first filling is no edit
            message.flags = (flags & EPHEMERAL) | message.flags
        return _json(message.wire(self.base))

    async def _file(self, request: web.Request) -> web.Response:
        file = self.files.get(int(request.match_info["id"]))
        if file is None or file.gone or "hm" not in request.query:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=file.data, content_type=file.kind)


def _kind(name: str) -> str:
    ending = name.rsplit(".", 1)[-1].lower()
    return {"mp4": "video/mp4", "png": "image/png", "jpg": "image/jpeg"}.get(ending, "text/plain")


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    data = json.dumps(body).encode()
    kind = {"Content-Type": "application/json"}  # with a charset the library sees no JSON
    return web.Response(body=data, status=status, headers={**kind, **(headers or {})})


@asynccontextmanager
async def running_discord(**how: Any) -> AsyncIterator[Discord]:
    """A Discord on a free port, until the block ends."""
    discord = Discord(**how)
    runner = web.AppRunner(discord.app(), shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    discord.base = f"http://127.0.0.1:{port}"
    try:
        yield discord
    finally:
        await discord.line.close()
        await runner.cleanup()
