"""The gateway of the Discord of the tests: sessions that can be resumed, cut and refused."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from tests.doubles.discord_world import DM, Message

if TYPE_CHECKING:
    from tests.doubles.discord import Discord

GUILDS, GUILD_MESSAGES, DM_MESSAGES, CONTENT = 1 << 0, 1 << 9, 1 << 12, 1 << 15
PRIVILEGED = 1 << 1 | 1 << 8 | CONTENT


@dataclass
class Session:
    """One identified client, connected or away."""

    id: str
    intents: int
    socket: web.WebSocketResponse | None
    sent: list[dict[str, Any]] = field(default_factory=list)
    dead: bool = False


class Gateway:
    """Everything behind the one WebSocket address."""

    def __init__(self, discord: Discord) -> None:
        self._discord = discord
        self.sessions: list[Session] = []
        self.identified = 0
        self.resumed = 0
        self.refuses = False
        """Nobody gets a connection: an outage."""
        self.sees_content = False

    @property
    def live(self) -> list[Session]:
        return [s for s in self.sessions if not s.dead]

    @property
    def connected(self) -> bool:
        return any(s.socket is not None and not s.socket.closed for s in self.live)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if self.refuses:
            return web.Response(status=503)
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 41250}})
        session: Session | None = None
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                break
            said = json.loads(frame.data)
            if said["op"] == 1:
                await socket.send_json({"op": 11})
            elif said["op"] == 2:
                session = await self._identify(socket, said["d"])
            elif said["op"] == 6:
                session = await self._resume(socket, said["d"])
            elif said["op"] not in (3, 4, 8):
                await socket.close(code=4001)
        if session is not None and session.socket is socket:
            session.socket = None
        return socket

    async def _identify(
        self, socket: web.WebSocketResponse, asked: dict[str, Any]
    ) -> Session | None:
        if asked["token"] != self._discord.token:
            await socket.close(code=4004, message=b"Authentication failed.")
            return None
        if asked["intents"] & PRIVILEGED:
            await socket.close(code=4014, message=b"Disallowed intent(s).")
            return None
        self.identified += 1
        for old in self.sessions:
            old.dead = True
        session = Session(secrets.token_hex(16), asked["intents"], socket)
        self.sessions.append(session)
        discord = self._discord
        unavailable = [{"id": str(s.id), "unavailable": True} for s in discord.servers]
        ready = {
            "v": 10,
            "user": discord.bot.wire(),
            "guilds": unavailable,
            "session_id": session.id,
            "resume_gateway_url": discord.gateway,
            "application": {"id": "1000", "flags": 0},
        }
        await self._send(session, "READY", ready)
        for server in discord.servers:
            await self._send(session, "GUILD_CREATE", server.wire(discord.bot))
        await discord.tell()
        return session

    async def _resume(self, socket: web.WebSocketResponse, asked: dict[str, Any]) -> Session | None:
        found = next((s for s in self.live if s.id == asked["session_id"]), None)
        if asked["token"] != self._discord.token:
            await socket.close(code=4004, message=b"Authentication failed.")
            return None
        if found is None:
            await socket.send_json({"op": 9, "d": False})
            return None
        self.resumed += 1
        found.socket = socket
        for missed in found.sent[asked["seq"] or 0 :]:
            await socket.send_json(missed)
        await self._send(found, "RESUMED", {})
        await self._discord.tell()
        return found

    async def _send(self, session: Session, name: str, data: dict[str, Any]) -> None:
        event = {"op": 0, "t": name, "s": len(session.sent) + 1, "d": data}
        session.sent.append(event)
        if session.socket is not None and not session.socket.closed:
            try:
                await session.socket.send_json(event)
            except ConnectionError:
                session.socket = None

    async def dispatch(self, name: str, data: dict[str, Any], intent: int = 0) -> None:
        """An event to everyone who listens for it; who is away gets it when resuming."""
        for session in self.live:
            if not intent or session.intents & intent:
                await self._send(session, name, data)

    async def message_created(self, message: Message) -> None:
        if message.ephemeral:
            return
        intent = DM_MESSAGES if message.channel.kind == DM else GUILD_MESSAGES
        data = self._discord.as_seen(message)
        if message.channel.server is not None:
            member = {"roles": [], "joined_at": None, "deaf": False, "mute": False, "flags": 0}
            data["member"] = member
        await self.dispatch("MESSAGE_CREATE", data, intent)

    # ── what goes wrong ─────────────────────────────────────────────────────────────────────────

    async def ask_to_reconnect(self) -> None:
        """Op 7, as Discord sends it every few hours."""
        for session in self.live:
            if session.socket is not None:
                await session.socket.send_json({"op": 7, "d": None})

    async def invalidate(self) -> None:
        """Op 9: the session is over, begin anew."""
        for session in self.live:
            session.dead = True
            if session.socket is not None:
                await session.socket.send_json({"op": 9, "d": False})

    def cut(self) -> None:
        """The line goes dead without a word; the session stays."""
        for session in self.live:
            if session.socket is not None:
                transport = session.socket._req.transport if session.socket._req else None
                session.socket = None
                if transport is not None:
                    transport.abort()

    def forget(self) -> None:
        """Away for too long: nothing is left to resume."""
        for session in self.live:
            session.dead = True

    async def revoke(self) -> None:
        """The token was reset in the developer portal."""
        for session in self.live:
            session.dead = True
            if session.socket is not None:
                await session.socket.close(code=4004, message=b"Authentication failed.")

    async def close(self) -> None:
        for session in self.sessions:
            if session.socket is not None:
                await session.socket.close()
