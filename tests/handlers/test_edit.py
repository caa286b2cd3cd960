"""A clip is changed in the chat, by words, buttons and replies; posts keep what was approved."""

from __future__ import annotations

from dataclasses import replace

import pysubs2
import pytest

from core.analysis.model import Analysis, Spell, Word
from core.analysis.timeline import Timeline
from core.clips.tight import Tight
from core.db import jobs, versions, videos
from core.db.videos import Clip
from core.framing.plan import Plan
from core.media.facts import VideoFacts
from core.render.recipe import Recipe
from core.services import Services
from tests.core.edits.test_apply import TEXT
from tests.core.framing.scenes import video
from tests.handlers.conftest import Connect, MakeClip
from tests.handlers.talk import Talk

WORDS = tuple(Word(t, 4 + k * 0.8, 4 + k * 0.8 + 0.7) for k, t in enumerate(TEXT.split()))


@pytest.fixture
async def clip(chat: Talk, svc: Services, make_clip: MakeClip) -> Clip:
    """A finished clip of a talk that was looked at: 3 s to 30 s of it."""
    made = await make_clip(chat)
    facts: VideoFacts = video().facts
    found = Analysis(
        60.0, (0.0,), (), (), (), (), (), (), None, WORDS, "upload", "en"
    )  # fmt: skip
    async with svc.db.write() as tx:
        await videos.set_facts(tx, made.source_id, facts)
        await videos.keep_analysis(tx, made.source_id, found, {}, svc.clock.now())
        return await videos.clip(tx, made.id)


async def wanted(svc: Services, clip: Clip) -> Recipe | None:
    async with svc.db.read() as tx:
        return (await videos.clip(tx, clip.id)).wanted


async def work(svc: Services) -> list[str]:
    async with svc.db.read() as tx:
        return [j.kind for j in await jobs.open_jobs(tx)]


async def finish(svc: Services, clip: Clip, chat: Talk, line: Timeline | None = None) -> Clip:
    """What the media worker does when the version that is wanted was made."""
    from core.cards.edit import say_version

    now = svc.clock.now()
    async with svc.db.write() as tx:
        for job in await jobs.open_jobs(tx):
            await jobs.cancel(tx, job.id, now)
        clip = await videos.clip(tx, clip.id)
        assert clip.wanted and clip.render
        made = replace(clip.render.rendered, plan=Plan(clip.wanted.format, ()), line=line)
        await svc.store.put(made.file, f"clips/v{clip.render.id + 1}.mp4")
        render_id = await videos.keep_render(
            tx, clip.id, made, format=clip.wanted.format, cover_key="clips/c.jpg",
            media_key=f"clips/v{clip.render.id + 1}.mp4", sha256="cd" * 32, took_s=1.0, now=now,
            recipe=clip.wanted,
        )  # fmt: skip
        render = await versions.version(tx, render_id)
        assert render
        clip = await versions.adopt(tx, clip, render)
        cut = await videos.cut(tx, clip.cut_id)
        await say_version(tx, clip, cut.chat_id, f"{render_id}", now)
    await chat.read()
    return clip


async def test_the_button_asks_and_words_are_the_answer(
    chat: Talk, svc: Services, clip: Clip
) -> None:
    await chat.press("Edit")
    assert chat.last.says("What should be different about On pricing?")
    assert {"Drop first sentence", "Other speaker", "No captions"} <= set(chat.last.labels)
    await chat.write("start 2 s later, square")
    assert chat.last.says("I am making On pricing again: from ")
    assert chat.last.says(" of the video and in the shape 1:1.")
    recipe = await wanted(svc, clip)
    assert recipe and recipe.format == "1:1" and recipe.start_s == pytest.approx(5, abs=0.6)
    assert await work(svc) == ["edit"]


async def test_a_reply_to_the_card_and_the_command_do_the_same(
    chat: Talk, svc: Services, clip: Clip
) -> None:
    card = next(m for m in chat.messages if m.key == f"clip:{clip.id}")
    await chat.reply(card, "no captions")
    recipe = await wanted(svc, clip)
    assert recipe and not recipe.captions
    await chat.write("/edit 1 style neon")
    recipe = await wanted(svc, clip)
    assert recipe and recipe.look.style == "neon" and recipe.captions
    assert await work(svc) == ["edit"], "the one before is not wanted any more"
    await chat.reply(card, "make it funnier")
    assert chat.last.says('I do not understand "make it funnier"')
    assert await wanted(svc, clip) == recipe, "and nothing was changed"


async def test_the_sound_is_cleaned_by_a_word_and_music_needs_one_that_is_set(
    chat: Talk, svc: Services, clip: Clip
) -> None:
    await chat.write("/edit 1 clean the sound")
    assert chat.last.says("I am making On pricing again: with its sound cleaned.")
    recipe = await wanted(svc, clip)
    assert recipe and recipe.cleaning == "clean"
    await chat.write("/edit 1 with music")
    assert chat.last.says("No music is set here")
    assert await wanted(svc, clip) == recipe, "and nothing was changed"


async def test_changes_add_up_while_a_version_is_made_and_can_be_stopped(
    chat: Talk, svc: Services, clip: Clip
) -> None:
    await chat.write("/edit 1 square")
    await chat.write("/edit 1 drop the first sentence")
    recipe = await wanted(svc, clip)
    assert recipe and recipe.format == "1:1" and recipe.start_s > 6
    await chat.press("Cancel")
    assert chat.last.says("Stopped: On pricing stays as it is")
    assert (await wanted(svc, clip), await work(svc)) == (None, [])


async def test_undo_shows_the_version_before_at_once(chat: Talk, svc: Services, clip: Clip) -> None:
    assert clip.render
    await chat.write("/edit 1 square")
    clip = await finish(svc, clip, chat)
    assert chat.last.says("The new version:") and clip.format == "1:1"
    newest = chat.last
    await chat.press("Undo")
    assert chat.last.out.media and chat.last.out.media.key == "clips/c.mp4"
    async with svc.db.read() as tx:
        back = await videos.clip(tx, clip.id)
    assert back.format == "9:16" and back.recipe.format == "9:16" and await work(svc) == []
    await chat.press("Undo", on=newest)
    assert chat.last.says("shows another version by now")
    # The version is still there: asked for again, nothing has to be made.
    await chat.write("/edit 1 square")
    assert chat.last.says("made before") and await work(svc) == []


async def test_a_post_that_waits_keeps_what_was_approved_until_told_otherwise(
    chat: Talk, svc: Services, clip: Clip, connect: Connect
) -> None:
    await connect()
    await chat.press("Schedule")
    await chat.write("friday 18:00")
    await chat.write("/edit 1 no captions")
    clip = await finish(svc, clip, chat)
    assert chat.last.says("keeps the version that was approved")
    async with svc.db.read() as tx:
        before = await versions.approved(tx, 1)
    assert before and before.media_key == "clips/c.mp4"
    await chat.press("Post the new version")
    assert chat.last.says("goes out with the new version")
    async with svc.db.read() as tx:
        after = await versions.approved(tx, 1)
    assert after and clip.render and after.id == clip.render.id


async def test_a_title_needs_no_new_version_and_the_card_takes_it(
    chat: Talk, svc: Services, clip: Clip
) -> None:
    await chat.write("/edit 1 title: Why prices rise")
    assert chat.last.says("Why prices rise") and await work(svc) == []
    card = next(m for m in chat.messages if m.key == f"clip:{clip.id}")
    assert card.says("Why prices rise · clip 1")


async def test_styles_and_shapes_have_buttons(chat: Talk, svc: Services, clip: Clip) -> None:
    await chat.press("Edit")
    menu = chat.last
    await chat.press("Style…", on=menu)
    assert chat.last.says("Now it is Classic") and "High contrast" in chat.last.labels
    await chat.press("High contrast")
    await chat.press("Shape…", on=menu)
    await chat.press("Portrait 4:5")
    recipe = await wanted(svc, clip)
    assert recipe and (recipe.look.style, recipe.format) == ("contrast", "4:5")
    await chat.press("Other speaker", on=menu)
    assert chat.last.says("I see nobody else in this clip")


async def test_captions_come_as_files_an_independent_reader_understands(
    chat: Talk, svc: Services, clip: Clip
) -> None:
    await chat.press("Edit")
    await chat.press("Subtitle files")
    files = [m.out.media for m in chat.messages if m.out.media and m.out.media.kind == "file"]
    assert [f.name.rsplit(".")[-1] for f in files] == ["srt", "vtt", "ass"]
    heard = [w for w in WORDS if 3 <= (w.start_s + w.end_s) / 2 <= 30]
    for file in files:
        path = svc.store.local_path(file.key)
        assert path
        read = pysubs2.load(str(path))
        text = " ".join(e.plaintext.replace("\n", " ") for e in read if e.style != "plate")
        if not file.name.endswith("ass"):  # there every word has an event
            assert text.split() == [w.text for w in heard]
        assert read[0].start == pytest.approx((heard[0].start_s - 3) * 1000, abs=160)
        assert max(e.end for e in read) <= 27_000
        assert all(e.end - e.start >= 350 for e in read) or file.name.endswith("ass")


async def test_pauses_go_and_come_back_and_everything_keeps_its_time(
    chat: Talk, svc: Services, clip: Clip
) -> None:
    await chat.write("/edit 1 remove the pauses and the fillers")
    assert chat.last.says("without long pauses and fillers")
    recipe = await wanted(svc, clip)
    assert recipe and recipe.tight == Tight(True, True)
    clip = await finish(svc, clip, chat, Timeline((Spell(3, 10), Spell(12, 30))))
    assert chat.last.says("2 s of pauses removed.")
    await chat.press("Edit")
    menu = chat.last
    await chat.press("Subtitle files")
    files = [m.out.media for m in chat.messages if m.out.media and m.out.media.kind == "file"]
    read = pysubs2.load(str(svc.store.local_path(files[0].key)))
    assert max(e.end for e in read) <= 25_000
    said = " ".join(e.plaintext.replace("\n", " ") for e in read).split()
    assert said == [w.text for w in WORDS if 3 <= (w.start_s + w.end_s) / 2 <= 30], "none is lost"
    await chat.press("With pauses", on=menu)
    recipe = await wanted(svc, clip)
    assert recipe and not recipe.tight
    await finish(svc, clip, chat)
    assert not chat.last.says("removed")


async def test_the_style_of_everybodys_next_clips_is_kept(chat: Talk, svc: Services) -> None:
    await chat.write("/captions")
    assert chat.last.says("Captions are in the style Classic")
    await chat.press("Karaoke fill")
    await chat.press("Mask rude words")
    assert chat.last.says("style Karaoke fill") and chat.last.says("in the sound they are still")
    await chat.write("/captions with emoji")
    await chat.write("/captions square")
    assert chat.last.says("is nothing captions can be told here")
    await chat.write("/captions")
    assert {"No emoji", "Show rude words"} <= set(chat.last.labels)


async def test_captions_of_the_video_itself_leave_ours_out_with_a_button_to_put_them_on(
    chat: Talk, svc: Services, clip: Clip
) -> None:
    async with svc.db.write() as tx:
        await versions.want(tx, clip.id, replace(clip.recipe, captions=False, burnt=True))
    await finish(svc, clip, chat)
    assert chat.last.says("Your video shows captions of its own here")
    await chat.press("Captions on")
    recipe = await wanted(svc, clip)
    assert recipe and recipe.captions


async def test_where_a_video_has_captions_in_a_part_ours_are_left_out_there_until_asked_for(
    chat: Talk, svc: Services, clip: Clip
) -> None:
    async with svc.db.write() as tx:
        await versions.want(tx, clip.id, replace(clip.recipe, partly=True))
    await finish(svc, clip, chat)
    assert chat.last.says("Your video shows captions of its own in a part of this")
    await chat.press("Captions on")
    recipe = await wanted(svc, clip)
    assert recipe and recipe.captions and recipe.burnt and not recipe.partly


async def test_without_a_language_model_nothing_is_translated(
    chat: Talk, svc: Services, clip: Clip
) -> None:
    await chat.write("/edit 1 translate captions to German")
    assert chat.last.says("that takes a language model") and await work(svc) == []
