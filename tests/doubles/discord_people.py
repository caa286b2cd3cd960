"""Somebody with a Discord client: can do what the client lets them, and sees what it shows."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.doubles.discord_rules import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL
from tests.doubles.discord_world import Channel, File, Interaction, Message, User

if TYPE_CHECKING:
    from tests.doubles.discord import Discord

STRING, INTEGER, ATTACHMENT = 3, 4, 11


class Person:
    """One user of Discord."""

    def __init__(self, discord: Discord, user: User) -> None:
        self.discord = discord
        self.user = user

    @property
    def dm(self) -> Channel:
        return self.discord.dm(self.user)

    def sees(self, channel: Channel) -> list[Message]:
        return self.discord.shown(channel, to=self.user)

    # ── writing ─────────────────────────────────────────────────────────────────────────────────

    async def writes(
        self,
        channel: Channel,
        text: str = "",
        *files: Path | File,
        reply_to: Message | None = None,
        ping: bool = True,
    ) -> Message:
        """A plain message. `@Clipdesk` in it is a mention; a reply mentions unless told not."""
        bot = self.discord.bot
        named = f"@{bot.name}" in text or bool(reply_to and ping and reply_to.author is bot)
        text = text.replace(f"@{bot.name}", f"<@{bot.id}>")
        sent = [f if isinstance(f, File) else _upload(f) for f in files]
        message = Message(
            channel, self.user, text, files=sent, reply_to=reply_to, mentions=[bot] if named else []
        )
        return await self.discord.put(message)

    # ── commands ────────────────────────────────────────────────────────────────────────────────

    def _command(self, name: str, kind: int = 1) -> dict[str, Any]:
        listed = [c for c in self.discord.commands if c["name"] == name and c["type"] == kind]
        assert listed, (
            f"the client offers no {name!r}: {[c['name'] for c in self.discord.commands]}"
        )
        return listed[0]

    async def runs(self, channel: Channel, name: str, /, **given: Any) -> Interaction:
        """A slash command, filled in as the client lets one: `/schedule clip:2 when:friday`."""
        command, resolved = self._command(name), {}
        options = []
        known = {o["name"]: o for o in command["options"]}
        for missing in (o for o in command["options"] if o.get("required")):
            assert missing["name"] in given, f"the client does not send without {missing['name']}"
        for key, value in given.items():
            option = known[key]
            if option["type"] == ATTACHMENT:
                file = value if isinstance(value, File) else _upload(value)
                self.discord.files[file.id] = file
                resolved[str(file.id)] = file.wire(self.discord.base, channel.id)
                value = str(file.id)
            elif option["type"] == INTEGER:
                assert isinstance(value, int), "the client takes a number only"
            elif option.get("choices"):
                assert value in [c["value"] for c in option["choices"]], "the client knows no other"
            options.append({"name": key, "type": option["type"], "value": value})
        data: dict[str, Any] = {"id": command["id"], "name": name, "type": 1, "options": options}
        if resolved:
            data["resolved"] = {"attachments": resolved}
        return await self._asks(Interaction(COMMAND, self.user, channel, data))

    async def types(
        self, channel: Channel, name: str, focused: str, /, **given: Any
    ) -> list[dict[str, Any]]:
        """Half a command: what the client offers for the option that is being written."""
        command = self._command(name)
        known = {o["name"]: o for o in command["options"]}
        assert known[focused].get("autocomplete"), f"the client does not ask for {focused}"
        options = [
            {"name": k, "type": known[k]["type"], "value": v, "focused": k == focused}
            for k, v in given.items()
        ]
        data = {"id": command["id"], "name": name, "type": 1, "options": options}
        asked = await self._asks(Interaction(AUTOCOMPLETE, self.user, channel, data))
        return asked.choices or []

    async def menu(self, name: str, message: Message) -> Interaction:
        """A command of the menu on a message: the app gets to see that message whole."""
        data = {
            "id": self._command(name, kind=3)["id"],
            "name": name,
            "type": 3,
            "target_id": str(message.id),
            "resolved": {"messages": {str(message.id): message.wire(self.discord.base)}},
        }
        return await self._asks(Interaction(COMMAND, self.user, message.channel, data))

    # ── buttons ─────────────────────────────────────────────────────────────────────────────────

    async def presses(
        self, message: Message, label: str = "", *, custom_id: str = "", answer_within_s: float = 3
    ) -> Interaction:
        """A button by its label, or whatever a tampered client sends."""
        if not custom_id:
            found = [b for b in message.buttons if b["label"] == label]
            assert found, f"no button {label!r} among {[b['label'] for b in message.buttons]}"
            custom_id = found[0]["custom_id"]
        data = {"custom_id": custom_id, "component_type": 2, "id": 1}
        asked = Interaction(COMPONENT, self.user, message.channel, data, message)
        return await self._asks(asked)

    async def fills_in(self, asked: Interaction, text: str) -> Interaction:
        """The first field of the form that an interaction was answered with."""
        assert asked.modal is not None, "no form is open"
        part = asked.modal["components"][0]
        field = part["component"] if part["type"] == 18 else part["components"][0]
        filled = {"type": 4, "id": 2, "custom_id": field["custom_id"], "value": text}
        wrapped = (
            {"type": 18, "id": 1, "component": filled}
            if part["type"] == 18
            else {"type": 1, "id": 1, "components": [filled]}
        )
        data = {"custom_id": asked.modal["custom_id"], "components": [wrapped]}
        sent = Interaction(MODAL, self.user, asked.channel, data, asked.message)
        return await self._asks(sent)

    async def _asks(self, interaction: Interaction) -> Interaction:
        """Ask, and see whether it is answered in time; if not, the client says it failed."""
        await self.discord.ask(interaction)
        try:
            async with asyncio.timeout(self.discord.answer_s + 0.3), self.discord.news:
                await self.discord.news.wait_for(lambda: interaction.answered is not None)
        except TimeoutError:
            pass
        return interaction

    # ── reading ─────────────────────────────────────────────────────────────────────────────────

    async def hears(self, channel: Channel, words: str, within_s: float = 10) -> Message:
        """The newest message of the bot that says this."""

        def found() -> Message | None:
            said = [m for m in self.sees(channel) if m.author is self.discord.bot]
            return next((m for m in reversed(said) if words in plain(m.text)), None)

        return await self.discord.until(found, repr(words), within_s)  # type: ignore[no-any-return]


def plain(text: str) -> str:
    """Markdown as the eye reads it."""
    text = re.sub(r"(?<!\\)\[((?:\\.|[^\]\\])+)\]\(<?([^)>]+)>?\)", r"\1", text)
    text = re.sub(r"(?<!\\)(\*\*|`)", "", text)
    return re.sub(r"\\([^\w\s]|_)", r"\1", text)


def links(text: str) -> list[str]:
    """Every address one can click on."""
    return [found.rstrip(".,;)") for found in re.findall(r"https?://[^\s<>]+", text)]


def _upload(path: Path) -> File:
    ending = path.suffix.lower()
    kind = {".mp4": "video/mp4", ".mov": "video/quicktime"}.get(ending, "application/octet-stream")
    return File(path.name, path.read_bytes(), kind)
