"""The sample video: made on the spot, and good enough to see everything work."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.analysis.yunet import SURE, bundled_model
from core.media.ffmpeg import find, run
from core.media.inputs import file_arg
from core.media.probe import probe
from core.media.sample import make_sample
from core.media.sample_stage import painters
from core.media.sample_story import as_srt, tell_story
from core.media.sample_voice import RATE_HZ, voice
from core.settings import Settings

STORY = tell_story()


def test_the_story_is_about_a_minute_of_sentences() -> None:
    assert 58 <= STORY.length_s <= 75
    assert len(STORY.scenes) >= 6
    starts = [w.start_s for w in STORY.words]
    assert starts == sorted(starts)
    text = " ".join(c.text for c in STORY.cues)
    assert "Clipdesk" in text
    assert len(re.findall(r"[.?!]", text)) >= 12
    assert as_srt(STORY.cues).startswith("1\n00:00:00,600 --> ")


def test_no_cut_lies_inside_a_word() -> None:
    for scene in STORY.scenes:
        assert all(not w.start_s < scene.start_s < w.end_s for w in STORY.words)


def test_a_detector_finds_a_face_for_everybody_on_stage() -> None:
    net = cv2.FaceDetectorYN.create(str(bundled_model()), "", (640, 360), SURE)
    for shot, painter in painters().items():
        frame = painter.paint(1.0, 1.0, {"mira": 0.5, "theo": 0.5})
        _, found = net.detect(cv2.resize(frame, (640, 360)))
        assert (
            len([] if found is None else found)
            == {"both": 2, "mira": 1, "theo": 1, "slide": 0}[shot]
        ), shot


def test_the_voices_are_heard_as_talk_with_pauses() -> None:
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    sound = voice(STORY)
    at_16k = np.interp(
        np.arange(0, len(sound), RATE_HZ / 16000), np.arange(len(sound)), sound
    ).astype(np.float32)
    options = VadOptions(min_silence_duration_ms=300, speech_pad_ms=50)
    spells = get_speech_timestamps(at_16k, options)
    assert len(spells) >= 10
    spoken_s = sum(s["end"] - s["start"] for s in spells) / 16000
    assert spoken_s > 0.6 * sum(w.end_s - w.start_s for w in STORY.words)


@pytest.mark.media
async def test_the_sample_is_a_whole_video_with_sound_and_subtitles(tmp_path: Path) -> None:
    settings = Settings(_env_file=None)
    path = await make_sample(tmp_path / "new" / "sample.mp4", settings=settings)
    facts = await probe(path)
    assert (facts.width, facts.height, facts.fps) == (1280, 720, 30)
    assert not facts.damaged
    assert facts.duration_s == pytest.approx(STORY.length_s, abs=0.1)
    assert facts.sound
    assert [(s.codec, s.language) for s in facts.subtitles] == [("mov_text", "eng")]
    assert [p.name for p in path.parent.iterdir()] == ["sample.mp4"]
    words = tmp_path / "words.srt"
    exe = find(settings)
    await run(["-i", file_arg(path), "-map", "0:s", file_arg(words)], exe=exe, timeout_s=20)
    assert "You send a long video to the chat" in words.read_text()


async def test_a_cancelled_sample_leaves_nothing(tmp_path: Path) -> None:
    task = asyncio.create_task(
        make_sample(tmp_path / "sample.mp4", settings=Settings(_env_file=None))
    )
    while not any(tmp_path.iterdir()):
        await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(tmp_path.iterdir()) == []
