"""Words from subtitles and from an endpoint, and the repair of their times."""

from __future__ import annotations

import itertools
import json
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.model import Spell, Word
from core.analysis.speech.base import SpeechSettings
from core.analysis.speech.endpoint import Endpoint, pieces_of
from core.analysis.speech.pauses import in_pauses
from core.analysis.speech.subtitles import embedded_subtitles, read_subtitles
from core.analysis.words import repair
from core.errors import Told
from core.media.facts import Video
from core.media.probe import probe
from core.settings import Settings
from core.tell import tell_nobody

TALK = (Spell(0.0, 60.0),)


def _texts(words: tuple[Word, ...]) -> str:
    return " ".join(w.text for w in words)


def test_a_machine_made_file_in_latin_1_is_read(recordings: Path) -> None:
    heard = read_subtitles(recordings / "talk_vertical_creator_55s_360x640.srt", TALK, 55.1)
    assert "HeyGen" in _texts(heard.words) and "espa" in _texts(heard.words)
    assert "\ufffd" not in _texts(heard.words)


def test_markup_and_cue_settings_of_webvtt_are_not_words(recordings: Path) -> None:
    heard = read_subtitles(recordings / "talk_film_his_girl_friday_6s.vtt", TALK, 6.2)
    assert "<" not in _texts(heard.words) and "align" not in _texts(heard.words)
    assert heard.words


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_with_a_mark_are_exact(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.srt"
    path.write_bytes("1\n00:00:01,000 --> 00:00:03,000\nÜber Žižek\n".encode(encoding))
    assert _texts(read_subtitles(path, TALK, 10).words) == "Über Žižek"


def test_captions_that_roll_up_say_each_word_once(tmp_path: Path) -> None:
    path = tmp_path / "roll.srt"
    path.write_text(
        "1\n00:00:00,000 --> 00:00:02,000\nwe went to the\n\n"
        "2\n00:00:02,000 --> 00:00:04,000\nwe went to the shop and bought\n\n"
        "3\n00:00:04,000 --> 00:00:06,000\nshop and bought a lamp\n"
    )
    assert _texts(read_subtitles(path, TALK, 10).words) == "we went to the shop and bought a lamp"


def test_words_lie_where_somebody_speaks(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_text("1\n00:00:00,000 --> 00:00:10,000\n[music] one two three four\n")
    heard = read_subtitles(path, (Spell(4.0, 6.0),), 10)
    assert _texts(heard.words) == "one two three four"
    assert heard.words[0].start_s >= 4.0 and heard.words[-1].end_s <= 6.0


def _read(*files: Path) -> list[np.ndarray]:
    """Each as 16 kHz mono, without the silence at its ends."""
    found = []
    for file in files:
        with wave.open(str(file)) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
        loud = np.flatnonzero(np.abs(samples.astype(int)) > 600)
        found.append(samples[loud[0] : loud[-1]])
    return found


def test_a_cue_of_two_sentences_is_parted_where_the_speaker_breathes(
    recordings: Path, tmp_path: Path
) -> None:
    first, second = _read(*(recordings / f"speech_librivox_{n}.wav" for n in ("0870", "0890")))
    breath_s, pcm = 0.2, tmp_path / "sound.pcm"  # too short for the voice model
    np.concatenate([first, np.zeros(int(16000 * breath_s), np.int16), second]).tofile(pcm)
    at_s, end_s = len(first) / 16000, (len(first) + len(second)) / 16000 + breath_s
    subtitles = tmp_path / "a.srt"
    said = (
        "And mister John Dashwood had then leisure to consider how much there might be prudently in"
        " his power to do for them. Unless to be rather cold hearted and rather selfish is to be"
        " ill disposed."
    )
    subtitles.write_text(f"1\n00:00:00,000 --> 00:00:{end_s:06.3f}\n{said}\n".replace(".", ",", 1))
    even = read_subtitles(subtitles, (Spell(0.0, end_s),), end_s).words
    heard = in_pauses(even, pcm)
    assert [w.text for w in heard] == [w.text for w in even]
    n = next(i for i, w in enumerate(heard) if w.text == "them.")
    assert abs(even[n].end_s - at_s) > 0.1, "else nothing is proved"
    assert at_s - 0.1 <= heard[n].end_s <= heard[n + 1].start_s <= at_s + breath_s + 0.1
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in itertools.pairwise(heard))


def test_words_without_a_pause_or_with_times_of_their_own_are_left_alone(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 3000, 16000 * 4).astype(np.int16)
    noise.tofile(tmp_path / "noise.pcm")
    words = (Word("One.", 0.2, 1.0), Word("Two.", 1.0, 2.0), Word("Three.", 2.4, 3.0))
    assert in_pauses(words, tmp_path / "noise.pcm") == words
    assert in_pauses(words, None) == words


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"no subtitles at all", b"1\n-->\n"])
def test_what_holds_no_subtitles_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.srt"
    path.write_bytes(content)
    with pytest.raises(Told, match="subtitles"):
        read_subtitles(path, TALK, 10)


@pytest.mark.parametrize("name", ["odd_mov_text_subtitles.mp4", "odd_webvtt_subtitles.mkv"])
async def test_a_track_inside_the_video_is_used(recordings: Path, name: str) -> None:
    path = recordings / name
    video = Video(path, "0" * 64, await probe(path))
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    heard = await embedded_subtitles(video, (), settings=settings)
    assert heard is not None and heard.by == "embedded" and heard.words


# ── the endpoint ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def endpoint(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A small server that answers as the test says."""
    how: Any = request.param

    async def transcribe(asked: web.Request) -> web.Response:
        form = await asked.post()
        assert form["response_format"] == "verbose_json" and form["file"]
        if how == "redirect":
            raise web.HTTPFound("http://127.0.0.1:9/")
        if isinstance(how, int):
            return web.Response(status=how)
        return web.Response(text=how if isinstance(how, str) else json.dumps(how))

    app = web.Application(client_max_size=40 << 20)
    app.router.add_post("/v1/audio/transcriptions", transcribe)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield f"http://127.0.0.1:{port}/v1"
    await runner.cleanup()


_WORDS = {
    "language": "english",
    "text": "Hello, world.",
    "words": [
        {"word": "Hello", "start": 0.1, "end": 0.5},
        {"word": "world", "start": 0.6, "end": 1.0},
    ],
}
_SEGMENTS = {"text": "a b", "segments": [{"start": 0.0, "end": 1.0, "text": "a b"}]}


def _pcm(tmp_path: Path, seconds: int = 2) -> Path:
    path = tmp_path / "sound.pcm"
    path.write_bytes(b"\x00\x01" * 16000 * seconds)
    return path


@pytest.mark.parametrize(
    ("endpoint", "said"), [(_WORDS, "Hello, world."), (_SEGMENTS, "a b")], indirect=["endpoint"]
)
async def test_an_endpoint_gives_words_with_their_punctuation(
    endpoint: str, said: str, tmp_path: Path
) -> None:
    speech = SpeechSettings(api_root=endpoint, _env_file=None)  # type: ignore[call-arg]
    heard = await Endpoint(speech).words(_pcm(tmp_path), TALK, tell_nobody)
    assert _texts(heard.words) == said


@pytest.mark.parametrize("endpoint", [500, 401, "no json", "[]", "redirect"], indirect=True)
async def test_an_endpoint_that_fails_is_told_in_words(endpoint: str, tmp_path: Path) -> None:
    speech = SpeechSettings(api_root=endpoint, _env_file=None)  # type: ignore[call-arg]
    with pytest.raises(Told, match="endpoint"):
        await Endpoint(speech).words(_pcm(tmp_path), TALK, tell_nobody)


def test_long_sound_is_cut_in_pauses() -> None:
    voice = [Spell(i * 100.0, i * 100.0 + 95) for i in range(15)]
    pieces = pieces_of(1500.0, voice)
    assert all(p.length_s <= 600 for p in pieces) and pieces[-1].end_s == 1500.0
    for piece in pieces[:-1]:
        assert any(a.end_s <= piece.end_s <= b.start_s for a, b in itertools.pairwise(voice))


# ── repair ──────────────────────────────────────────────────────────────────────────────────────


@given(
    st.lists(
        st.tuples(st.text("ab ", max_size=3), st.floats(-5, 80), st.floats(-5, 80)),
        max_size=60,
    ),
    st.lists(st.floats(0, 70), max_size=8),
)
def test_any_words_come_out_whole_in_order_and_apart(
    raw: list[tuple[str, float, float]], shots_s: list[float]
) -> None:
    words = [Word(text, start, end) for text, start, end in raw]
    fixed = repair(words, 60.0, sorted(shots_s))
    assert [w.text for w in fixed] == [w.text.strip() for w in words if w.text.strip()]
    assert all(w.start_s < w.end_s for w in fixed)
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in itertools.pairwise(fixed))


def test_a_word_a_blink_beyond_a_shot_edge_ends_or_begins_on_it() -> None:
    said = [("one", 1.0, 2.05), ("two", 2.05, 2.6), ("three", 2.95, 3.4), ("four", 3.8, 4.5)]
    fixed = repair([Word(*w) for w in said], 60.0, [0.0, 2.0, 3.0, 4.0])
    assert [(w.start_s, w.end_s) for w in fixed] == [
        (1.0, 2.0), (2.05, 2.6), (3.0, 3.4), (3.8, 4.5)
    ]  # fmt: skip
