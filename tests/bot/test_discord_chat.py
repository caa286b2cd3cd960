"""Discord as a chat network: once, within its limits, and with a way out where it refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.discord_line import Asked
from core.chat.chat import Chat, ChatGone, ChatMoved, Slower
from core.chat.message import Act, Button, ChatRef, InFile, MediaOut, MessageRef, Out
from core.errors import Told, TooLarge
from core.services import Services, open_services
from core.settings import Settings
from tests.bot.discord_room import Room, room_of, running_face, words
from tests.doubles.discord import Discord, Fault, running_discord
from tests.doubles.discord_rules import QUIET
from tests.doubles.discord_world import MIB, SEND, VIEW, File


@pytest.fixture
async def discord() -> AsyncIterator[Discord]:
    async with running_discord(pace=(500, 5.0)) as made:
        yield made


@pytest.fixture
async def room(settings: Settings, sqlite: object, discord: Discord) -> AsyncIterator[Room]:
    async with open_services(settings) as svc:
        made = await room_of(svc, discord)
        async with running_face(svc, made.face):
            await discord.until(lambda: discord.line.connected and discord.commands)
            yield made


@pytest.fixture
def chat(room: Room) -> Chat:
    return room.face.chat


@pytest.fixture
def there(room: Room) -> ChatRef:
    return ChatRef("discord", str(room.ana.dm.id))


@pytest.fixture
def clips(room: Room) -> ChatRef:
    return ChatRef("discord", str(room.clips.id))


def shown(room: Room) -> list[str]:
    return [m.text for m in room.discord.shown(room.ana.dm)]


async def put(svc: Services, tmp_path: Path, size_b: int, kind: str = "file") -> MediaOut:
    """Something in the media store. Not a real film: whatever is made of it fails and says so."""
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.truncate(size_b)
    await svc.store.put(path, f"clips/{size_b}.mp4")
    return MediaOut(kind, f"clips/{size_b}.mp4", "On pricing.mp4", size_b)  # type: ignore[arg-type]


async def say(chat: Chat, to: ChatRef, out: Out, key: str = "k", **how: object) -> MessageRef:
    return await chat.say(to, out, key=key, language="en", **how)  # type: ignore[arg-type]


async def test_an_answer_that_got_lost_makes_no_second_message(
    room: Room, chat: Chat, there: ChatRef
) -> None:
    room.discord.faults.append(Fault("lost", "/messages", "POST"))
    with pytest.raises((OSError, aiohttp.ClientError)):
        await say(chat, there, Out.of(words("once")))
    again = await say(chat, there, Out.of(words("once")))
    (only,) = room.discord.shown(room.ana.dm)
    assert again.id == str(only.id) and len(only.nonce or "") == 25


async def test_other_keys_are_other_messages(room: Room, chat: Chat, there: ChatRef) -> None:
    for key in ("a", "b"):
        await say(chat, there, Out.of(words("same")), key)
    assert shown(room) == ["same", "same"]


async def test_a_quiet_message_does_not_ring(room: Room, chat: Chat, there: ChatRef) -> None:
    await say(chat, there, Out.of(words("shh"), quiet=True))
    assert room.discord.shown(room.ana.dm)[0].flags == QUIET


async def test_a_file_is_sent_with_its_description(
    room: Room, chat: Chat, there: ChatRef, tmp_path: Path
) -> None:
    media = await put(room.svc, tmp_path, 3 * MIB)
    await say(chat, there, Out((words("clip"),), media=media, alt=words("A clip about pricing")))
    (file,) = room.discord.shown(room.ana.dm)[0].files
    assert len(file.data) == 3 * MIB and file.description == "A clip about pricing"


async def test_what_is_too_large_for_the_place_comes_as_a_link(
    room: Room, chat: Chat, there: ChatRef, tmp_path: Path
) -> None:
    media = await put(room.svc, tmp_path, 12 * MIB)
    await say(chat, there, Out((words("clip"),), media=media))
    (message,) = room.discord.shown(room.ana.dm)
    assert message.files == [] and "/media/clips/" in message.text and "sig=" in message.text


async def test_a_server_that_was_boosted_takes_more(room: Room, chat: Chat, tmp_path: Path) -> None:
    boosted = room.discord.server("Boosted", "clips", tier=2)
    await room.discord.line.dispatch("GUILD_CREATE", boosted.wire(room.discord.bot))
    media = await put(room.svc, tmp_path, 12 * MIB)
    await say(
        chat, ChatRef("discord", str(boosted.channels[0].id)), Out((words("x"),), media=media)
    )
    assert len(room.discord.shown(boosted.channels[0])[0].files) == 1


async def test_a_server_that_takes_less_than_its_tier_says_gets_less(
    room: Room, chat: Chat, tmp_path: Path
) -> None:
    boosted = room.discord.server("Boosted", "clips", tier=2)
    await room.discord.line.dispatch("GUILD_CREATE", boosted.wire(room.discord.bot))
    boosted.tier = 0
    media = await put(room.svc, tmp_path, 12 * MIB)
    await say(
        chat, ChatRef("discord", str(boosted.channels[0].id)), Out((words("x"),), media=media)
    )
    (message,) = room.discord.shown(boosted.channels[0])
    assert message.files == [] and "/media/clips/" in message.text


async def test_where_files_are_forbidden_there_is_a_link(
    room: Room, chat: Chat, clips: ChatRef, tmp_path: Path
) -> None:
    room.clips.bot_may = VIEW | SEND
    media = await put(room.svc, tmp_path, 2 * MIB)
    await say(chat, clips, Out((words("clip"),), media=media))
    (message,) = room.discord.shown(room.clips)
    assert message.files == [] and "/media/clips/" in message.text


async def test_words_change_and_the_file_stays(
    room: Room, chat: Chat, there: ChatRef, tmp_path: Path
) -> None:
    media = await put(room.svc, tmp_path, 1 * MIB)
    at = await say(chat, there, Out((words("before"),), media=media))
    (file,) = room.discord.shown(room.ana.dm)[0].files
    await chat.change(at, Out((words("after"),), media=media), language="en")
    (message,) = room.discord.shown(room.ana.dm)
    assert message.text == "after" and message.files == [file]
    await chat.change(at, Out((words("gone"),)), language="en")
    assert message.text == "gone" and message.files == []


async def test_a_change_to_what_stands_there_is_success(
    room: Room, chat: Chat, there: ChatRef
) -> None:
    button = Button(words("Press"), Act.of("test.press", 1))
    at = await say(chat, there, Out.of(words("same"), buttons=((button,),)))
    await chat.change(at, Out.of(words("same")), language="en")
    assert room.discord.shown(room.ana.dm)[0].rows == []


async def test_a_message_somebody_removed_is_left_alone(
    room: Room, chat: Chat, there: ChatRef
) -> None:
    at = await say(chat, there, Out.of(words("status")))
    assert await chat.remove(at) is True
    await chat.change(at, Out.of(words("later")), language="en")
    assert await chat.remove(at) is False and shown(room) == []


async def test_a_channel_that_is_gone_is_named(room: Room, chat: Chat, clips: ChatRef) -> None:
    room.clips.gone = True
    with pytest.raises(ChatGone) as gone:
        await say(chat, clips, Out.of(words("x")))
    assert gone.value.why is not None and gone.value.why.key == "discord.channel_gone"


@pytest.mark.parametrize(("may", "key"), [(0, "discord.no_right"), (VIEW, "discord.no_right")])
async def test_a_right_that_is_missing_is_named_with_the_fix(
    room: Room, chat: Chat, clips: ChatRef, may: int, key: str
) -> None:
    room.clips.bot_may = may
    with pytest.raises(ChatGone) as gone:
        await say(chat, clips, Out.of(words("x")))
    assert gone.value.why is not None and gone.value.why.key == key


async def test_whoever_asked_where_we_are_silenced_is_told_directly(
    room: Room, chat: Chat, clips: ChatRef
) -> None:
    room.clips.bot_may = 0
    asked = Asked(123, room.ana.user.id).ref(clips)
    with pytest.raises(ChatMoved) as moved:
        await say(chat, clips, Out.of(words("x")), reply_to=asked)
    assert moved.value.to.chat == str(room.ana.dm.id)
    room.ana.user.closed = True
    with pytest.raises(ChatGone):
        await say(chat, clips, Out.of(words("x")), reply_to=asked)


async def test_a_person_who_takes_no_messages_is_gone(
    room: Room, chat: Chat, there: ChatRef
) -> None:
    room.ana.user.closed = True
    with pytest.raises(ChatGone) as gone:
        await say(chat, there, Out.of(words("x")))
    assert gone.value.why is not None and gone.value.why.key == "discord.dm_closed"


async def test_a_long_wait_is_handed_to_the_courier(room: Room, chat: Chat, there: ChatRef) -> None:
    room.discord.faults.append(Fault("429", "/messages", "POST", retry_after=77.0))
    with pytest.raises(Slower) as slower:
        await say(chat, there, Out.of(words("x")))
    assert slower.value.after_s == 77.0


async def test_a_short_wait_is_waited(room: Room, chat: Chat, there: ChatRef) -> None:
    room.discord.faults.append(Fault("429", "/messages", "POST", retry_after=0.2))
    await say(chat, there, Out.of(words("x")))
    assert shown(room) == ["x"]


async def test_the_wall_before_discord_is_given_minutes(
    room: Room, chat: Chat, there: ChatRef
) -> None:
    room.discord.faults.append(Fault("cloudflare", "/messages", "POST"))
    with pytest.raises(Slower) as slower:
        await say(chat, there, Out.of(words("x")))
    assert slower.value.after_s >= 60


async def test_a_reply_to_what_is_gone_is_said_all_the_same(
    room: Room, chat: Chat, there: ChatRef
) -> None:
    await say(chat, there, Out.of(words("x")), reply_to=MessageRef(there, "123"))
    assert shown(room) == ["x"]


async def test_what_was_sent_is_streamed_to_the_disk(
    room: Room, chat: Chat, tmp_path: Path
) -> None:
    sent = File("talk.mp4", b"film" * 100_000, "video/mp4")
    room.discord.files[sent.id] = sent
    url = str(sent.wire(room.discord.base, room.ana.dm.id)["url"])
    file = InFile("talk.mp4", 400_000, "video/mp4", f"discord:{url}")
    path = await chat.bring(file, tmp_path / "talk.part")
    assert path.read_bytes() == sent.data


async def test_what_is_too_large_is_refused_before_it_starts(
    room: Room, chat: Chat, tmp_path: Path
) -> None:
    file = InFile("talk.mp4", 600 * MIB, "video/mp4", f"discord:{room.discord.base}/x")
    with pytest.raises(TooLarge):
        await chat.bring(file, tmp_path / "talk.part")
    assert not any("/x" in c.path for c in room.discord.calls)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/secret", "file:///etc/passwd", "https://cdn.discordapp.com.evil.test/x"],
)
async def test_only_files_of_discord_are_fetched_on_its_behalf(
    chat: Chat, tmp_path: Path, url: str
) -> None:
    with pytest.raises(Told):
        await chat.bring(InFile("x.mp4", 1, None, f"discord:{url}"), tmp_path / "x")
