"""Commands, buttons and forms on the Discord of the tests, and how they are answered."""

from __future__ import annotations

import secrets
import time
from typing import Any

from aiohttp import web

from tests.doubles import discord_rules as rules
from tests.doubles.discord_channels import Channels
from tests.doubles.discord_network import APPLICATION
from tests.doubles.discord_rules import EPHEMERAL, LOADING, Refused
from tests.doubles.discord_wire import answer
from tests.doubles.discord_world import File, Interaction, Message, stamp


class Interactions(Channels):
    """From the hand-over to the last edit."""

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
        return answer({"interaction": told})

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
        return answer(made.wire(self.base))

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
        return answer(message.wire(self.base))
