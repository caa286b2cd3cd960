"""Videos come in, and come in again."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.db import jobs, videos
from core.services import Services
from tests.handlers.conftest import MakeClip
from tests.handlers.talk import Talk


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    """Bytes of a video; nothing of it is decoded here."""
    path = tmp_path / "upload.mp4"
    path.write_bytes(b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 4_000_000)
    return path


async def _work(svc: Services) -> list[tuple[str, str]]:
    async with svc.db.read() as tx:
        return [(j.kind, j.state) for j in await jobs.open_jobs(tx)]


async def test_a_video_is_answered_at_once_and_its_work_begins(
    chat: Talk, svc: Services, upload: Path
) -> None:
    got, status = await chat.send(upload, name="My talk.mp4")
    assert got.text == (
        "Got it: My talk.mp4 · 4 MB.\n"
        "I am looking for the best moments. Each clip comes as soon as it is ready."
    )
    assert status.says("My talk.mp4")
    assert (status.labels, status.out.quiet) == (["Cancel"], True)
    assert await _work(svc) == [("analyse", "waiting")]


async def test_the_answer_has_the_length_when_the_file_tells_it(
    chat: Talk, recordings: Path, tmp_path: Path
) -> None:
    """In time, that is: a busy machine may take the whole of it to start the process that looks."""
    whole, told = (recordings / "odd_no_audio_1s.mp4").read_bytes(), False
    for n in range(1, 7):
        video = tmp_path / f"{n}.mp4"
        video.write_bytes(whole + bytes(n))  # another one, which is as long
        got, *_ = await chat.send(video)
        told = told or got.says(f"{n}.mp4 · 1")
        if told:
            break
    assert told


async def test_words_beside_a_video_are_a_wish(chat: Talk, svc: Services, upload: Path) -> None:
    got, _ = await chat.send(upload, "3 under 40s about pricing")
    assert got.says('You want 3 clips, at most 40 s each, and moments for "about pricing".')
    async with svc.db.read() as tx:
        cut = await videos.find_cut(tx, 1)
    assert cut
    assert (cut.wish.count, cut.wish.max_s, cut.wish.text) == (3, 40, "about pricing")


async def test_a_contradiction_is_told_and_nothing_begins(
    chat: Talk, svc: Services, upload: Path
) -> None:
    await chat.send(upload, "/clip 0 clips")
    assert chat.last.text
    assert await _work(svc) == []


async def test_the_same_update_twice_begins_one_work(
    chat: Talk, svc: Services, upload: Path
) -> None:
    from core.chat.message import In

    file = await chat._bring(upload, "a.mp4")
    inn = In("same", chat.where, chat.who, "", (file,), zone=chat.zone)
    assert len(await chat.again(inn)) == 2
    assert await chat.again(inn) == []
    assert len(await _work(svc)) == 1


async def test_the_same_video_again_is_recognised(
    chat: Talk, svc: Services, make_clip: MakeClip, tmp_path: Path
) -> None:
    clip = await make_clip(chat)
    async with svc.db.read() as tx:
        source = await videos.source(tx, clip.source_id)
    await chat.write("/clip")
    assert chat.last.says("I know Talk.mp4 already: one clip of it is ready")
    assert chat.last.labels == ["Cut again", "Show the clips"]
    known = chat.last
    await chat.press("Show the clips", on=known)
    assert chat.last.says("Clip 1 ·") and chat.last.says("On pricing.")
    await chat.press("Cut again", on=known)
    async with svc.db.read() as tx:
        newest = (await videos.cuts_of(tx, source.id))[0]
    assert [(s.start_s, s.end_s) for s in newest.wish.avoid] == [(3, 30)]
    await chat.press("Cut again", on=known)
    assert chat.last.says("I am working on Talk.mp4 right now")


async def test_a_wish_cuts_the_last_video_again_at_once(
    chat: Talk, svc: Services, make_clip: MakeClip
) -> None:
    await make_clip(chat)
    await chat.write("/clip 2 about refunds")
    assert any(m.says("Got it: Talk.mp4") for m in chat.messages)
    assert await _work(svc) == [("analyse", "waiting")]


async def test_a_reply_to_a_clip_means_its_video(
    chat: Talk, svc: Services, make_clip: MakeClip, upload: Path
) -> None:
    await make_clip(chat)
    card = next(m for m in chat.messages if m.key == "clip:1")
    await chat.send(upload, name="newer.mp4")
    await chat.reply(card, "/clip about pricing")
    assert any(m.says("Got it: Talk.mp4") for m in chat.messages)


async def test_clip_without_a_video_explains_itself(chat: Talk, svc: Services) -> None:
    await chat.write("/clip")
    assert chat.last.says("Send me a video")
    await chat.press("Make a sample video")
    assert chat.last.says("I am making a short video")
    await chat.press("Make a sample video")
    assert await _work(svc) == [("sample", "waiting")]


async def test_cancel_stops_the_work_and_says_so(chat: Talk, svc: Services, upload: Path) -> None:
    _, status = await chat.send(upload, name="a.mp4")
    await chat.press("Cancel")
    stopped = next(m for m in chat.messages if m.id == status.id)
    assert stopped.says("a.mp4: stopped before a clip was ready. Send it again")
    assert await _work(svc) == []
    await chat.press_act("cut.cancel:1")
    assert chat.last.says("over already")


async def test_what_a_worker_is_about_to_stop_is_not_being_worked_on(
    chat: Talk, svc: Services, upload: Path
) -> None:
    await chat.send(upload, name="a.mp4")
    async with svc.db.write() as tx:
        (job,) = await jobs.open_jobs(tx)
        assert await jobs.claim(tx, job.id, "w", svc.clock.now(), 60)
    await chat.write("/status")
    assert chat.last.says("a.mp4: looking for moments")
    await chat.press_act("cut.cancel:1")
    await chat.write("/status")
    assert chat.last.says("Nothing is being worked on")


async def test_a_video_that_was_cancelled_begins_anew_when_it_is_sent_again(
    chat: Talk, svc: Services, upload: Path
) -> None:
    await chat.send(upload)
    await chat.press("Cancel")
    await chat.send(upload)
    assert await _work(svc) == [("analyse", "waiting")]


async def test_subtitles_travel_with_their_video(
    chat: Talk, svc: Services, upload: Path, tmp_path: Path
) -> None:
    words = tmp_path / "a.srt"
    words.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    await chat.send_all([(words, "a.srt")])
    assert chat.last.says("subtitles without their video, so nothing was cut")
    news = await chat.send_all([(upload, "a.mp4"), (words, "a.srt")])
    assert news[0].says("Its captions come from the subtitles you sent along")
    async with svc.db.read() as tx:
        cut = await videos.find_cut(tx, 1)
    assert cut
    assert cut.subtitles_key
    assert cut.subtitles_key.startswith("in/")


async def test_a_second_video_hears_that_one_is_before_it(
    chat: Talk, upload: Path, tmp_path: Path
) -> None:
    other = tmp_path / "b.mp4"
    other.write_bytes(upload.read_bytes() + b"b")
    _, working = await chat.send(upload)
    assert working.says("step 1 of 2")
    about, status = await chat.send(other)
    assert about.says("One video is before it in line")
    assert status.says("waits in line") and status.labels == ["Cancel"]


async def test_a_discarded_clip_comes_back_with_undo(chat: Talk, make_clip: MakeClip) -> None:
    await make_clip(chat)
    card = next(m for m in chat.messages if m.key == "clip:1")
    await chat.press("Discard", on=card)
    gone = next(m for m in chat.messages if m.id == card.id)
    assert (gone.text, gone.labels) == ("On pricing is discarded.", ["Undo"])
    for old in ("clip.schedule:1", "clip.caption:1", "clip.discard:1", "clip.now:1"):
        await chat.press_act(old)
        assert chat.last.says("On pricing was discarded, so nothing was done"), old
    await chat.press("Undo", on=gone)
    back = next(m for m in chat.messages if m.id == card.id)
    assert "Schedule" in back.labels
    assert back.out.media is not None


async def test_new_words_change_the_card_and_are_counted(chat: Talk, make_clip: MakeClip) -> None:
    await make_clip(chat)
    await chat.press("Caption")
    assert chat.last.says("What should On pricing say?")
    await chat.write("title: Why we doubled our prices\nIt worked. #pricing #saas")
    assert chat.last.says("Why we doubled our prices now says:\nIt worked. #pricing #saas")
    assert chat.last.says("Instagram 25 of 2,200, TikTok 25 of 2,200, and YouTube 25 of 5,000")
    card = next(m for m in chat.messages if m.key == "clip:1")
    assert card.says("Why we doubled our prices · clip 1")
    assert card.says("It worked.")


async def test_a_caption_that_is_far_too_long_keeps_the_question_open(
    chat: Talk, make_clip: MakeClip
) -> None:
    await make_clip(chat)
    await chat.press("Caption")
    await chat.write("x" * 5001)
    assert chat.last.says("5,001 characters")
    await chat.write("Short.")
    assert chat.last.says("now says:\nShort.")
