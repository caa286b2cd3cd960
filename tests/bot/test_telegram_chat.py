"""What the bot says on Telegram, through the real library, as the server keeps it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from core.chat.chat import ChatGone, ChatMoved, Slower
from core.chat.message import Act, Button, ChatRef, InFile, MediaOut, MessageRef, Out
from core.errors import Told, TooLarge, Unsure
from core.say import say
from tests.bot.conftest import OpenSpeaker, Speaker
from tests.doubles.telegram import DROPPED, LOST, Person, Room, Telegram, bad, flood, telegram
from tests.doubles.telegram_markup import utf16

PRESS = Button(say("card.button_schedule"), Act.of("clip.schedule", 7), style="main")


def words(text: str, *rows: tuple[Button, ...], media: MediaOut | None = None) -> Out:
    """`text is connected: ana.`"""
    what = say("account.connected", platform=text, username="ana")
    return Out((what,), rows, media, say("card.alt", title="x", length="y") if media else None)


@pytest.fixture
def ana(tg: Telegram) -> Person:
    return tg.person("Ana")


@pytest.fixture
def room(tg: Telegram, ana: Person) -> Room:
    return tg.private(ana)


def at(room: Room, thread: str | None = None) -> ChatRef:
    return ChatRef("telegram", str(room.id), thread)


async def test_a_message_has_its_markup_its_buttons_and_no_preview(
    speaker: Speaker, room: Room
) -> None:
    out = words("TikTok & <b>Co</b>", (PRESS,))
    ref = await speaker.chat.say(at(room), out, key="k", language="en")
    (shown,) = room.shown
    assert shown.text == "TikTok & <b>Co</b> is connected: ana."
    assert shown.entities[0]["type"] == "bold" and shown.preview_off and not shown.quiet
    assert shown.data("Schedule") == "clip.schedule:7"
    assert ref == MessageRef(at(room), str(shown.id))


async def test_a_clip_comes_as_a_video_that_plays_at_once_and_looks_right(
    speaker: Speaker, room: Room
) -> None:
    media = await speaker.kept("a", 12_000_000)
    await speaker.chat.say(at(room), words("Clip", (PRESS,), media=media), key="k", language="en")
    (shown,) = room.shown
    assert (shown.kind, shown.text) == ("video", "Clip is connected: ana.")
    assert (shown.media["width"], shown.media["height"]) == (1080, 1920)
    assert shown.media["duration"] == 27 and shown.media["file_name"] == "on-pricing.mp4"
    small = shown.media["thumbnail"]
    assert (small["width"], small["height"]) == (180, 320) and small["file_size"] <= 200_000
    assert shown.media["cover"] and shown.labels == ["Schedule"]
    (call,) = speaker.tg.made("sendVideo")
    assert call.params["supports_streaming"] == "true"
    assert speaker.tg.made("sendChatAction")[0].params["action"] == "upload_video"


async def test_the_same_file_goes_up_once_even_for_another_chat_after_a_restart(
    tg: Telegram, open_speaker: OpenSpeaker, room: Room
) -> None:
    async with open_speaker(tg) as first:
        media = await first.kept("a")
        await first.chat.say(at(room), words("One", media=media), key="1", language="en")
    other = tg.private(tg.person("Bo"))
    async with open_speaker(tg) as second:
        await second.chat.say(at(other), words("Two", media=media), key="2", language="en")
        once, again = tg.made("sendVideo")
        assert once.uploads["video"] if "video" in once.uploads else sum(once.uploads.values())
        assert (
            again.uploads == {}
            and other.shown[0].media["file_id"] == room.shown[0].media["file_id"]
        )
        tg.files.clear()  # the server forgot it
        await second.chat.say(at(other), words("Three", media=media), key="3", language="en")
    assert other.shown[-1].text.startswith("Three") and tg.made("sendVideo")[-1].uploads


async def test_a_long_text_under_a_clip_goes_on_in_another_message_with_the_buttons(
    speaker: Speaker, room: Room
) -> None:
    media = await speaker.kept("a")
    text = " ".join(f"word{n}" for n in range(900))
    out = words(text, (PRESS,), media=media)
    ref = await speaker.chat.say(at(room), out, key="k", language="en")
    clip, more = room.shown[0], room.shown[1:]
    assert clip.kind == "video" and clip.labels == [] and utf16(clip.text) <= 1024
    assert [m.labels for m in more] == [[], ["Schedule"]][-len(more) :]
    assert " ".join(m.text for m in room.shown) == f"{text} is connected: ana."
    assert more[-1].quiet and not clip.quiet
    assert ref.id.split(",")[0] == str(more[-1].id)
    await speaker.chat.change(ref, words("Short", (PRESS,), media=media), language="en")
    (left,) = room.shown
    assert (left.kind, left.text, left.labels) == (
        "video",
        "Short is connected: ana.",
        ["Schedule"],
    )


async def test_a_text_that_grows_needs_one_more_message_and_says_where_it_is(
    speaker: Speaker, room: Room
) -> None:
    ref = await speaker.chat.say(at(room), words("a", (PRESS,)), key="k", language="en")
    long = words("b " * 3000, (PRESS,))
    moved = await speaker.chat.change(ref, long, language="en")
    assert moved is not None and [m.labels for m in room.shown] == [[], ["Schedule"]]
    assert moved.id == f"{room.shown[1].id},{room.shown[0].id}"
    await speaker.chat.change(moved, long, language="en")  # nothing new is success
    assert len(room.shown) == 2


async def test_a_card_changes_its_words_without_another_upload(
    speaker: Speaker, room: Room
) -> None:
    media = await speaker.kept("a")
    ref = await speaker.chat.say(
        at(room), words("A", (PRESS,), media=media), key="k", language="en"
    )
    await speaker.chat.change(ref, words("B", media=media), language="en")
    await speaker.chat.change(ref, words("B", media=media), language="en")
    (shown,) = room.shown
    assert (shown.text, shown.labels, shown.kind) == ("B is connected: ana.", [], "video")
    assert all(not c.uploads for c in speaker.tg.made("editMessageMedia"))
    await speaker.chat.change(ref, words("C"), language="en")  # the words of a file that stays
    assert (room.shown[0].text, room.shown[0].kind) == ("C is connected: ana.", "video")


async def test_a_message_somebody_deleted_is_not_said_again(speaker: Speaker, room: Room) -> None:
    ref = await speaker.chat.say(at(room), words("a"), key="k", language="en")
    room.messages.clear()
    await speaker.chat.change(ref, words("b"), language="en")
    assert room.shown == [] and await speaker.chat.remove(ref) is False


async def test_only_what_is_younger_than_two_days_can_be_removed(
    speaker: Speaker, room: Room
) -> None:
    ref = await speaker.chat.say(at(room), words("a"), key="k", language="en")
    room.shown[0].date = int(time.time()) - 49 * 3600
    assert await speaker.chat.remove(ref) is False
    room.shown[0].date = int(time.time())
    assert await speaker.chat.remove(ref) is True and room.shown == []


async def test_topics_replies_and_silence_are_kept_on_every_call(
    speaker: Speaker, tg: Telegram, ana: Person
) -> None:
    group = tg.group("Team", forum=True)
    group.topics.add(5)
    asked = tg.write(ana, "/clip", group, thread=5)
    media = await speaker.kept("a")
    to, reply = at(group, "5"), MessageRef(at(group, "5"), str(asked.id))
    quiet = Out((say("queue.empty"),), quiet=True)
    await speaker.chat.say(to, quiet, key="1", language="en", reply_to=reply)
    await speaker.chat.say(to, words("x", media=media), key="2", language="en", reply_to=reply)
    gone = MessageRef(to, "999")
    await speaker.chat.say(to, words("y"), key="3", language="en", reply_to=gone)
    assert [m.thread for m in group.shown] == [5, 5, 5]
    assert [m.reply_to for m in group.shown] == [asked.id, asked.id, None]
    assert [m.quiet for m in group.shown] == [True, False, False]
    assert {c.params["message_thread_id"] for c in tg.made("sendChatAction")} == {"5"}


async def test_markup_the_server_cannot_read_is_sent_once_as_plain_text(
    speaker: Speaker, tg: Telegram, room: Room
) -> None:
    tg.meet("sendMessage", bad("can't parse entities: Unsupported start tag"))
    await speaker.chat.say(at(room), words("A & B", (PRESS,)), key="k", language="en")
    (shown,) = room.shown
    assert shown.text == "A & B is connected: ana." and shown.entities == []
    assert shown.labels == ["Schedule"] and len(tg.made("sendMessage")) == 2


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (403, "telegram.gone_blocked"),
        ("kicked", "telegram.gone_kicked"),
        ("rights", "telegram.gone_rights"),
        ("topic", "telegram.gone_topic"),
        ("nowhere", "telegram.gone"),
    ],
)
async def test_where_nobody_hears_us_is_told_with_the_way_to_mend_it(
    speaker: Speaker, tg: Telegram, room: Room, fault: int | str, why: str
) -> None:
    to = at(room)
    if fault == 403:
        room.blocked = True
    elif fault == "nowhere":
        to = ChatRef("telegram", "31337")
    else:
        group = tg.group("Team", forum=True)
        group.bot = "kicked" if fault == "kicked" else "member"
        group.may_send_text = fault != "rights"
        to = at(group, "77" if fault == "topic" else None)
    with pytest.raises(ChatGone) as gone:
        await speaker.chat.say(to, words("x"), key="k", language="en")
    assert gone.value.why and gone.value.why.key == why


async def test_a_group_that_moved_says_where_to(
    speaker: Speaker, tg: Telegram, ana: Person
) -> None:
    group = tg.group("Team", type="group")
    new = tg.migrate(group, ana)
    with pytest.raises(ChatMoved) as moved:
        await speaker.chat.say(at(group), words("x"), key="k", language="en")
    assert moved.value.to == at(new)


async def test_a_flood_wait_is_for_this_chat_and_a_second_try_goes_on_where_it_stopped(
    speaker: Speaker, tg: Telegram, room: Room
) -> None:
    out = words("b " * 3000, (PRESS,))
    tg.meet("sendMessage", flood(17), room=room)
    with pytest.raises(Slower) as slower:
        await speaker.chat.say(at(room), out, key="k", language="en")
    assert slower.value.after_s == 17 and room.shown == []
    bo = tg.private(tg.person("Bo"))
    await speaker.chat.say(at(bo), words("x"), key="o", language="en")
    assert len(bo.shown) == 1
    # The first of two messages arrives, the second has to wait.
    first = speaker.chat.say(at(room), out, key="k", language="en")
    tg.meet("sendMessage", flood(1), room=bo)  # of another chat: not met here
    await first
    assert len(room.shown) == 2
    await speaker.chat.say(at(room), out, key="k", language="en")  # the same key, said before
    assert len(room.shown) == 2


async def test_a_lost_answer_is_in_doubt_and_a_dropped_connection_too_but_a_refused_one_is_not(
    speaker: Speaker, tg: Telegram, room: Room
) -> None:
    tg.meet("sendMessage", LOST)
    with pytest.raises(Unsure):
        await speaker.chat.say(at(room), words("x"), key="k", language="en")
    assert len(room.shown) == 1  # it did arrive
    tg.meet("sendMessage", DROPPED)
    with pytest.raises(Unsure):
        await speaker.chat.say(at(room), words("y"), key="l", language="en")
    assert len(room.shown) == 1
    await speaker.chat.say(at(room), words("y"), key="l", language="en")
    assert len(room.shown) == 2


async def test_in_an_outage_a_message_is_in_doubt_once_and_not_with_every_try(
    speaker: Speaker, tg: Telegram, room: Room
) -> None:
    tg.away = True
    doubts = 0
    for _ in range(4):
        try:
            await speaker.chat.say(at(room), words("x"), key="k", language="en")
        except Unsure:
            doubts += 1
        except Exception as wrong:
            assert type(wrong).__name__ == "NotSent"
    assert doubts == 1
    tg.away = False
    await speaker.chat.say(at(room), words("x"), key="k", language="en")
    assert [m.text for m in room.shown] == ["x is connected: ana."]


async def test_what_telegram_will_never_take_is_final(
    speaker: Speaker, tg: Telegram, room: Room
) -> None:
    tg.meet("sendMessage", bad("BUTTON_DATA_INVALID"))
    with pytest.raises(Told):
        await speaker.chat.say(at(room), words("x"), key="k", language="en")


async def test_a_revoked_token_is_noticed_by_whoever_speaks(
    speaker: Speaker, tg: Telegram, room: Room
) -> None:
    tg.revoked = True
    with pytest.raises(Exception, match="Unauthorized"):
        await speaker.chat.say(at(room), words("x"), key="k", language="en")
    assert speaker.chat.revoked.is_set()


# ── files in ────────────────────────────────────────────────────────────────────────────────────


def sent(shown_media: dict[str, object], name: str = "talk.mp4") -> InFile:
    return InFile(
        name, int(str(shown_media["file_size"])), "video/mp4", f"telegram:{shown_media['file_id']}"
    )


async def test_a_file_is_streamed_to_the_disk(
    speaker: Speaker, tg: Telegram, ana: Person, tmp_path: Path
) -> None:
    video = tmp_path / "v.mp4"
    video.write_bytes(bytes(range(256)) * 20_000)
    shown = tg.send(ana, video)
    path = await speaker.chat.bring(sent(shown.media), tmp_path / "in")
    assert path == tmp_path / "in" and path.read_bytes() == video.read_bytes()


async def test_more_than_the_cloud_gives_is_refused_before_anything_is_fetched(
    speaker: Speaker, tg: Telegram, ana: Person, tmp_path: Path
) -> None:
    shown = tg.send(ana, 21_000_000)
    with pytest.raises(TooLarge):
        await speaker.chat.bring(sent(shown.media), tmp_path / "in")
    assert tg.made("getFile") == []
    lied = InFile("v.mp4", None, None, f"telegram:{shown.media['file_id']}")
    with pytest.raises(TooLarge):
        await speaker.chat.bring(lied, tmp_path / "in")
    assert not (tmp_path / "in").exists()
    with pytest.raises(Told, match="file_gone"):
        await speaker.chat.bring(InFile("v.mp4", 5, None, "telegram:NOPE"), tmp_path / "in")


async def test_a_server_of_ones_own_hands_over_two_gigabytes_where_they_lie(
    open_speaker: OpenSpeaker, tmp_path: Path
) -> None:
    async with telegram(local=tmp_path / "server") as tg, open_speaker(tg) as speaker:
        ana = tg.person("Ana")
        video = tmp_path / "v.mp4"
        with video.open("wb") as file:
            file.truncate(60_000_000)  # more than the cloud would give or take
        shown = tg.send(ana, video)
        path = await speaker.chat.bring(sent(shown.media), tmp_path / "in")
        assert path.stat().st_size == 60_000_000
        assert list((tmp_path / "server").rglob("*.mp4")) == []  # moved, not copied
        media = await speaker.kept("a", 55_000_000)
        room = tg.private(ana)
        await speaker.chat.say(at(room), words("x", media=media), key="k", language="en")
        (call,) = tg.made("sendVideo")
        assert call.params["video"].startswith("file://") and "video" not in call.uploads
        assert room.shown[0].media["file_size"] == media.size_b


async def test_a_server_whose_folder_we_cannot_see_is_told_with_the_path(
    open_speaker: OpenSpeaker, tmp_path: Path
) -> None:
    async with telegram(local=tmp_path / "server") as tg, open_speaker(tg) as speaker:
        shown = tg.send(tg.person("Ana"), 5000)
        tg.mounted = False
        with pytest.raises(Told) as told:
            await speaker.chat.bring(sent(shown.media), tmp_path / "in")
    assert (
        told.value.say.facts["path"]
        == f"/var/lib/telegram-bot-api/videos/{shown.media['file_id']}.mp4"
    )
