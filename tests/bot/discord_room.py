"""The bot as it runs on a Discord of our own: the face, its courier, its arrivals, and a handful of
handlers, so that these tests are about talking and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from bot.arrivals import Arrivals
from bot.courier import Courier
from bot.deliverable import Deliverable
from bot.discord_face import DiscordFace
from bot.discord_missed import HEARD
from bot.discord_settings import DiscordSettings
from bot.faces import Adapter, Faces, Hall
from bot.media_links import MediaLinks
from core.chat.chat import Chat
from core.chat.message import Act, Button, ChatRef, MediaOut, Out, Who
from core.chat.registry import Answer, Arg, Ask, Asker, Change, Entry, Hint, Question, Registry
from core.db import chats, kept, outbox, people
from core.errors import Told
from core.say import say
from core.services import Services
from tests.doubles.discord import Discord, Server
from tests.doubles.discord_people import Person
from tests.doubles.discord_world import Channel


def words(text: object) -> Any:
    """Any text as a sentence."""
    return say("caption.now", caption=str(text))


async def _echo(ask: Ask, svc: Services) -> Out:
    """Say it back."""
    row = (
        Button(words("Press"), Act.of("test.press", 7), style="main"),
        Button(words("Ask"), Act.of("test.ask")),
        Button(words("Refuse"), Act.of("test.refuse")),
        Button(words("Owners"), Act.of("test.owners")),
    )
    return Out.of(words(f"echo {ask.text}"), buttons=(row,))


async def _pick(ask: Ask, svc: Services) -> Out:
    """Choose by number."""
    return Out.of(words(f"picked {dict(ask.args)}"))


async def _many(ask: Ask, svc: Services) -> Answer:
    """Say three things."""
    return [Out.of(words(f"part {n}")) for n in (1, 2, 3)]


async def _silent(ask: Ask, svc: Services) -> Answer:
    """Say nothing now."""
    return None


async def _refuse(ask: Ask, svc: Services) -> Answer:
    """Refuse it."""
    raise Told("door.strange_button")


async def _owners(ask: Ask, svc: Services) -> Out:
    """For owners only."""
    return Out.of(words("for owners"))


async def _press(ask: Ask, svc: Services) -> Answer:
    """Count a press in place."""
    return Change(Out.of(words(f"pressed {ask.ids} by {ask.by.name}")))


async def _question(ask: Ask, svc: Services) -> Answer:
    """Ask for words."""
    return Question(Out.of(words("What shall it be?")), "test.words")


async def _words(ask: Ask, svc: Services) -> Out:
    """Take them."""
    return Out.of(words(f"you wrote {ask.text}"))


async def _video(ask: Ask, svc: Services) -> Out:
    """Say what arrived."""
    about = ", ".join(f"{f.name} {f.size_b} {f.handle[:3]}" for f in ask.files)
    return Out.of(words(f"got {about or 'nothing'}; {ask.text}"))


async def _numbers(by: Asker, typed: str, svc: Services) -> Sequence[Hint]:
    every = [Hint(str(n), words(f"{n} of {by.name}")) for n in range(1, 60)]
    return [h for h in every if h.value.startswith(typed)]


def registry() -> Registry:
    made = Registry()
    for entry in (
        Entry("echo", _echo, "viewer", (Arg("text"),)),
        Entry("pick", _pick, "viewer", (Arg("number", "number", needed=True, suggest=_numbers),)),
        Entry("role", _pick, "viewer", (Arg("role", "choice", ("editor", "viewer")),)),
        Entry("many", _many, "viewer"),
        Entry("silent", _silent, "viewer"),
        Entry("refuse", _refuse, "viewer"),
        Entry("owners", _owners, "owner"),
        Entry("clip", _video, "editor", (Arg("wish"),), files=("video", "subtitles")),
        Entry("start", _silent, "viewer", listed=False),
    ):
        made.commands[entry.name] = entry
    made.acts["test.press"] = Entry("test.press", _press, "viewer")
    made.acts["test.ask"] = Entry("test.ask", _question, "viewer")
    made.acts["test.refuse"] = Entry("test.refuse", _refuse, "viewer")
    made.acts["test.owners"] = Entry("test.owners", _owners, "owner")
    made.answers["test.words"] = Entry("test.words", _words, "viewer")
    made.video = Entry("video", _video, "editor", files=("video",))
    return made


@dataclass
class Room:
    """Everything a test needs at hand."""

    discord: Discord
    svc: Services
    face: DiscordFace
    server: Server
    ana: Person
    """The owner."""
    vic: Person
    """A viewer."""
    eve: Person
    """A stranger."""

    @property
    def chat(self) -> Chat:
        return self.face.chat

    @property
    def clips(self) -> Channel:
        return self.server.channels[0]

    async def tell(self, channel: Channel, out: Out, key: str, **how: Any) -> None:
        """Something the program says by itself in a conversation that was begun."""
        now = self.svc.clock.now()
        async with self.svc.db.write() as tx:
            chat = await chats.find_chat(tx, ChatRef("discord", str(channel.id)))
            assert chat is not None, "nobody spoke there yet"
            await outbox.say(tx, chat.id, out, key=key, now=now, **how)

    async def heard_until_now(self) -> None:
        """As it is written down every few seconds."""
        async with self.svc.db.write() as tx:
            await kept.write(tx, HEARD, self.svc.clock.now().isoformat())

    async def dead(self, channel: Channel) -> None:
        """Until nobody hears us there any more."""
        for _ in range(100):
            async with self.svc.db.read() as tx:
                chat = await chats.find_chat(tx, ChatRef("discord", str(channel.id)))
            if chat is not None and chat.dead:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("it is taken for alive")


async def _join(svc: Services, person: Person, role: str) -> None:
    now = svc.clock.now()
    async with svc.db.write() as tx:
        home = await people.first_workspace(tx) or await people.make_workspace(tx, "Home", now)
        code = await people.make_invite(
            tx, svc.vault, home, role, by=None, now=now, life=timedelta(hours=1)
        )
        who = Who("discord", str(person.user.id), person.user.name)
        assert await people.use_invite(tx, svc.vault, code, who, now)


def settings_of(discord: Discord, token: str | None = None) -> DiscordSettings:
    return DiscordSettings(
        token=token or discord.token,
        api_root=discord.api,
        gateway=discord.gateway,
        _env_file=None,
    )  # type: ignore[call-arg]


def face_of(svc: Services, discord: Discord, **how: Any) -> DiscordFace:
    deliverable = Deliverable(svc, MediaLinks(svc.vault, svc.clock, svc.store))
    return DiscordFace(Hall(svc, registry(), deliverable), settings_of(discord, **how))


@asynccontextmanager
async def running_face(svc: Services, face: DiscordFace) -> AsyncIterator[None]:
    """The face with everything it works with, until the block ends."""

    async def check(_: Any) -> None:
        return None

    hall = face.hall
    faces = Faces(hall, [Adapter("discord", lambda _: face, check)])
    courier = Courier(svc, faces.chats)
    arrivals = Arrivals(svc, hall.registry, faces.chats, courier)
    async with asyncio.TaskGroup() as tasks:
        working = [
            tasks.create_task(courier.run()),
            tasks.create_task(arrivals.run()),
            tasks.create_task(faces.run(courier, arrivals)),
        ]
        try:
            yield
            await _quiet(svc)  # nothing is cut off in the middle of a transaction
        finally:
            for task in working:
                task.cancel()


async def _quiet(svc: Services, within_s: float = 3.0) -> None:
    """Until everything there was to say is said, or waits."""
    until = asyncio.get_running_loop().time() + within_s
    while asyncio.get_running_loop().time() < until:
        async with svc.db.read() as tx:
            query = "select count(*) from outbox where state in ('waiting', 'sending')"
            if not await tx.scalar(text(query)):
                break
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.1)


async def room_of(svc: Services, discord: Discord) -> Room:
    """A server, three people, a face that does not run yet."""
    server = discord.server("Studio", "clips", "general")
    ana, vic, eve = (discord.person(name) for name in ("Ana", "Vic", "Eve"))
    await _join(svc, ana, "owner")
    await _join(svc, vic, "viewer")
    return Room(discord, svc, face_of(svc, discord), server, ana, vic, eve)


def video_out(key: str, size_b: int, **how: Any) -> MediaOut:
    return MediaOut("video", key, "On pricing.mp4", size_b, 1080, 1920, 12.0, **how)
