"""What becomes of the words Whisper gives, over the real pipe.

Texts and probabilities are near what a small model said of read English and of German; the times
are made.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.model import Spell
from core.analysis.speech.base import Heard, SpeechSettings
from core.analysis.speech.settled import Timed, settle
from core.analysis.speech.stretches import MOST_S, stretches
from core.analysis.speech.whisper import Whisper
from core.errors import Told
from core.settings import Settings
from core.tell import tell_nobody

RATE_HZ = 16_000
VOICE = (Spell(1.0, 6.0), Spell(20.0, 25.0), Spell(40.0, 46.0))

_READ = [(" Unless", 0.45), (" to", 0.93), (" be", 1.0), (" rather", 0.98), (" cold", 0.97),
         ("-hearted", 0.77), (" and", 0.88), (" rather", 0.99), (" selfish", 0.87), (" is", 0.47),
         (" to", 0.99), (" be", 1.0), (" ill", 0.31), ("-disposed.", 0.89)]  # fmt: skip
_LICENCE = [(" Permission", 0.9), (" is", 1.0), (" hereby", 0.99), (" granted,", 1.0),
            (" free", 1.0), (" of", 1.0), (" charge,", 1.0), (" to", 1.0), (" 2", 1.0),
            (",000", 0.9), (" persons.", 1.0)]  # fmt: skip
_GERMAN = [(" and", 0.15), (" gaitlish", 0.35), (" dig", 0.6), (" an", 0.1), (" emigong", 0.65),
           (" at", 0.63), (" height", 0.49), (" with", 0.79), (" their", 0.93), (" soft", 0.51),
           (" wear", 0.6), (" on", 0.96), (" anguish", 0.21), (" ranked", 0.65),
           (" sufafan.", 0.5)]  # fmt: skip


def _line(voice: Spell, sure: float, *said: list[tuple[str, float]]) -> dict[str, Any]:
    """A stretch as the child prints it."""
    stretch = stretches([voice], Path("none"))[0]
    each_s = voice.length_s / sum(map(len, said))
    at = itertools.count()
    segments = []
    for row in said:
        times = [(n := next(at), voice.start_s + n * each_s) for _ in row]
        words = [
            {"w": w, "s": round(s, 3), "e": round(s + each_s, 3), "p": p}
            for (w, p), (_, s) in zip(row, times, strict=True)
        ]
        segments.append({"sure": sure, "again": 1.4, "words": words})
    return {"at": stretch.start_s, "to": stretch.end_s, "language": "en", "segments": segments}


@pytest.fixture
def whisper(tmp_path: Path) -> Callable[..., tuple[Whisper, Path]]:
    """The product's recogniser with a child that says these lines; and a minute of silence."""

    def make(*lines: dict[str, Any]) -> tuple[Whisper, Path]:
        said = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / "lines.jsonl").write_text(said, encoding="utf-8")
        pcm = tmp_path / "sound.pcm"
        np.zeros(61 * RATE_HZ, np.int16).tofile(pcm)
        speech = SpeechSettings(model=str(tmp_path), _env_file=None)  # type: ignore[call-arg]
        settings = Settings(_env_file=None)  # type: ignore[call-arg]
        child = "tests.core.analysis.recorded_child"
        return Whisper(settings, speech, child=child), pcm

    return make


def _text(heard: Heard) -> str:
    return " ".join(w.text for w in heard.words)


FIRST = "Unless to be rather cold-hearted and rather selfish is to be ill-disposed."
SECOND = "Permission is hereby granted, free of charge, to 2,000 persons."


async def test_parts_without_a_space_between_them_are_one_word(
    whisper: Callable[..., tuple[Whisper, Path]],
) -> None:
    engine, pcm = whisper(_line(VOICE[0], -0.35, _READ), _line(VOICE[1], -0.16, _LICENCE))
    heard = await engine.words(pcm, VOICE[:2], tell_nobody)
    assert _text(heard) == f"{FIRST} {SECOND}"
    assert heard.notes == () and heard.language == "en"
    cold = next(w for w in heard.words if w.text == "cold-hearted")
    assert cold.end_s - cold.start_s > 0.6 and cold.sure == 0.77


async def test_a_window_that_begins_inside_a_sentence_begins_with_a_small_letter(
    whisper: Callable[..., tuple[Whisper, Path]],
) -> None:
    """Seen at the border of two windows of one stretch, and of two stretches."""
    half = [(" at", 1.0), (" least", 1.0), (" not", 1.0), (" here,", 1.0), (" but", 0.99)]
    first = _line(VOICE[0], -0.3, half, [(" Someone", 0.8), (" else", 1.0), (" would", 1.0)])
    first["segments"][1]["window"] = 2300
    second = _line(VOICE[1], -0.3, [(" I'd", 0.9), (" say", 1.0), (" so.", 1.0)], _LICENCE)
    engine, pcm = whisper(first, second)
    heard = await engine.words(pcm, VOICE[:2], tell_nobody)
    assert _text(heard) == f"at least not here, but someone else would I'd say so. {SECOND}"


async def test_a_language_the_model_does_not_know_is_no_caption_and_is_told(
    whisper: Callable[..., tuple[Whisper, Path]],
) -> None:
    """Of the second sentence of the middle stretch only its words are unlikely."""
    mixed = _line(VOICE[1], -0.34, _LICENCE, [(w, 0.7 * p) for w, p in _GERMAN])
    engine, pcm = whisper(_line(VOICE[0], -0.35, _READ), mixed, _line(VOICE[2], -0.8, _GERMAN))
    heard = await engine.words(pcm, VOICE, tell_nobody)
    assert _text(heard) == f"{FIRST} {SECOND}"
    assert [n.key for n in heard.notes] == ["speech.partly_understood"]

    engine, pcm = whisper(_line(VOICE[2], -0.95, _GERMAN))
    heard = await engine.words(pcm, VOICE[2:], tell_nobody)
    assert heard.words == ()
    assert [n.key for n in heard.notes] == ["speech.not_understood"]


async def test_two_languages_in_turn_are_each_written_as_they_are(
    whisper: Callable[..., tuple[Whisper, Path]], tmp_path: Path
) -> None:
    """Chinese has no spaces: its words stay apart, and the captions close them up."""
    said = ["价格", "很", "重要。"] * 4
    chinese = _line(VOICE[1], -0.2, [(w, 0.9) for w in said])
    chinese["language"] = "zh"
    engine, pcm = whisper(_line(VOICE[0], -0.35, _READ), {"dies": True}, chinese)
    journal = tmp_path / "words.jsonl"
    with pytest.raises(Told):
        await engine.words(pcm, VOICE[:2], tell_nobody, journal)
    with journal.open("a", encoding="utf-8") as more:
        more.write(json.dumps(chinese) + "\n")
    third = _line(VOICE[2], -0.2, _LICENCE)
    with (tmp_path / "lines.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(third) + "\n")
    heard = await engine.words(pcm, VOICE, tell_nobody, journal)
    assert _text(heard) == f"{FIRST} {' '.join(said)} {SECOND}" and heard.language == "en"
    asked = [json.loads(a) for a in (tmp_path / "asked.jsonl").read_text().splitlines()]
    assert [a["language"] for a in asked] == ["", "mul"]


async def test_after_a_kill_only_the_rest_is_listened_to_and_no_word_comes_twice(
    whisper: Callable[..., tuple[Whisper, Path]], tmp_path: Path
) -> None:
    """Stretches are done side by side, so the last one may be there before the first."""
    first, second, third = (
        _line(VOICE[0], -0.35, _READ),
        _line(VOICE[1], -0.16, _LICENCE),
        _line(VOICE[2], -0.2, _LICENCE),
    )
    engine, pcm = whisper(third, first, {"dies": True}, second)
    journal = tmp_path / "words.jsonl"
    until: list[float] = []
    with pytest.raises(Told, match="killed"):
        await engine.words(pcm, VOICE, tell_nobody, journal, lambda _, s: until.append(s))
    assert until == [first["at"], second["at"]]
    with journal.open("a") as torn:
        torn.write('{"at": 19.7, "to"')

    heard = await engine.words(pcm, VOICE, tell_nobody, journal)
    assert _text(heard) == f"{FIRST} {SECOND} {SECOND}"
    assert [w.start_s for w in heard.words] == sorted(w.start_s for w in heard.words)
    asked = [json.loads(a) for a in (tmp_path / "asked.jsonl").read_text().splitlines()]
    assert [len(a["todo"]) for a in asked] == [3, 1]
    assert asked[1] == {"todo": [[second["at"], second["to"]]], "language": "en"}

    again = await engine.words(pcm, VOICE, tell_nobody, journal)
    assert again == heard and len((tmp_path / "asked.jsonl").read_text().splitlines()) == 2


_WRINKLES = [("Many", 21.2, 21.5), ("wrinkles", 21.5, 21.9), ("gathered", 21.9, 22.3),
             ("as", 22.3, 23.5), ("he", 23.5, 24.6), ("could", 24.8, 25.0),
             ("arrange", 25.0, 25.3), ("that.", 25.3, 25.8)]  # fmt: skip
_ALONE = ("as", "he", "contemplated", "this,", "and", "his", "brow", "moistened.", "He")


def _timed(stretch: Spell, words: list[tuple[str, float, float]], sure: float) -> dict[str, Any]:
    said = [{"w": f" {w}", "s": s, "e": e, "p": 0.9} for w, s, e in words]
    segment = {"sure": sure, "again": 1.2, "words": said}
    return {"at": stretch.start_s, "to": stretch.end_s, "language": "en", "segments": [segment]}


@pytest.mark.parametrize("sure", [-0.36, -0.7])
async def test_speech_that_was_passed_over_is_listened_to_once_more(
    whisper: Callable[..., tuple[Whisper, Path]], tmp_path: Path, sure: float
) -> None:
    """Whisper left out seven words where its half a minute ended; two others lie over the hole."""
    voice = (Spell(21.2, 25.8),)
    hole = Spell(22.3, 24.6)
    alone = [(w, 22.3 + 0.26 * n, 22.5 + 0.26 * n) for n, w in enumerate(_ALONE)]
    engine, pcm = whisper(
        _timed(stretches(voice, Path("none"))[0], _WRINKLES, -0.2), _timed(hole, alone, sure)
    )
    journal = tmp_path / "words.jsonl"
    heard = await engine.words(pcm, voice, tell_nobody, journal)
    asked = [json.loads(a) for a in (tmp_path / "asked.jsonl").read_text().splitlines()]
    assert asked[1]["todo"] == [[hole.start_s, hole.end_s]]
    if sure < -0.6:
        assert _text(heard) == " ".join(w for w, *_ in _WRINKLES)
    else:
        said = "Many wrinkles gathered as he contemplated this, and his brow moistened. He"
        assert _text(heard) == f"{said} could arrange that."
    assert await engine.words(pcm, voice, tell_nobody, journal) == heard
    assert len((tmp_path / "asked.jsonl").read_text().splitlines()) == 2


# ── the stretches that are listened to ──────────────────────────────────────────────────────────


@given(st.lists(st.tuples(st.floats(0.25, 9), st.floats(0.2, 150)), max_size=40))
def test_everything_that_is_spoken_is_in_one_stretch(
    tmp_path_factory: pytest.TempPathFactory, raw: list[tuple[float, float]]
) -> None:
    voice, at = [], 0.0
    for pause_s, length_s in raw:
        voice.append(Spell(at + pause_s, at + pause_s + length_s))
        at += pause_s + length_s
    pcm = tmp_path_factory.getbasetemp() / "sound.pcm"
    if not pcm.exists():
        np.random.default_rng(1).integers(-900, 900, 99 * RATE_HZ, np.int16).tofile(pcm)
    found = stretches(voice, pcm)
    assert all(a.end_s <= b.start_s + 0.002 for a, b in itertools.pairwise(found))
    assert all(s.length_s <= MOST_S + 1 for s in found)
    lost_s = sum(v.length_s for v in voice) - sum(
        max(0.0, min(s.end_s, v.end_s) - max(s.start_s, v.start_s)) for s in found for v in voice
    )
    assert abs(lost_s) < 0.01 * (len(found) + 1)


def test_a_long_talk_is_parted_in_its_long_pauses() -> None:
    voice = [Spell(5.0 * n, 5.0 * n + (3.5 if n % 5 == 4 else 4.7)) for n in range(60)]
    edges = [s.end_s for s in stretches(voice, Path("none"))]
    assert len(edges) == 6 and all(abs((e - 23.9) % 25) < 1 or e > 298 for e in edges)


# ── word times ──────────────────────────────────────────────────────────────────────────────────


def _sound(length_s: float, *loud: tuple[float, float]) -> np.ndarray:
    """Somebody speaks there, in a quiet room."""
    noise = np.random.default_rng(2).normal(0, 60, int(length_s * RATE_HZ))
    for start_s, end_s in loud:
        noise[int(start_s * RATE_HZ) : int(end_s * RATE_HZ)] *= 80
    return noise.clip(-30000, 30000).astype(np.int16)


def _settled(words: list[Timed], *loud: tuple[float, float]) -> list[tuple[float, float]]:
    settle(words, _sound(6, *loud), [Spell(s, e) for s, e in loud])
    return [(round(w.start_s, 2), round(w.end_s, 2)) for w in words]


def test_a_word_does_not_begin_in_the_pause_before_it() -> None:
    """ "Americans … ask": the recogniser gave the whole pause to one of them."""
    words = [Timed(" Americans", 0.5, 1.2), Timed(" ask", 1.2, 3.6), Timed(" not", 3.6, 4.0)]
    got = _settled(words, (0.5, 1.2), (3.2, 4.0))
    assert got == [(0.5, 1.2), (3.17, 3.6), (3.6, 4.0)]


def test_the_end_of_a_word_behind_a_pause_belongs_to_the_next() -> None:
    words = [Timed(" room", 1.0, 3.3), Timed(" with", 3.3, 3.6)]
    assert _settled(words, (1.0, 1.8), (3.0, 3.6)) == [(1.0, 1.83), (3.0, 3.6)]


def test_a_word_does_not_fill_speech_that_was_not_understood() -> None:
    words = [Timed(" the", 0.5, 0.8), Timed(" software.", 0.8, 5.5)]
    got = _settled(words, (0.5, 5.5))
    assert got[1][0] == 0.8 and 1.8 < got[1][1] < 3.0


def test_words_without_a_time_get_what_nobody_else_has_or_a_share() -> None:
    free = [Timed(" this?", 0.5, 1.0), Timed(" Simply,", 2.0, 2.0), Timed(" President", 3.0, 3.0),
            Timed(" Trump", 3.5, 4.0)]  # fmt: skip
    got = _settled(free, (0.5, 1.0), (1.5, 2.0), (2.3, 4.0))
    assert got[1][0] == 1.5 and got[2][1] == 3.5 and got[1][1] <= got[2][0]
    assert all(e - s > 0.3 for s, e in got)

    shared = [Timed(" the", 1.0, 1.8), Timed(" papers", 1.8, 1.8), Timed(" talk", 1.8, 2.1)]
    got = _settled(shared, (1.0, 2.1))
    assert got[0][1] == got[1][0] < 1.4 and got[1][1] == 1.8


@given(
    st.lists(st.tuples(st.floats(0, 0.9), st.floats(0, 2)), min_size=1, max_size=12),
    st.lists(st.tuples(st.floats(0, 6), st.floats(0, 6)), max_size=5),
)
def test_times_stay_in_order_whatever_is_heard(
    raw: list[tuple[float, float]], spans: list[tuple[float, float]]
) -> None:
    words, at = [], 0.0
    for n, (gap_s, length_s) in enumerate(raw):
        words.append(Timed(f" w{n}", min(6.0, at + gap_s), min(6.0, at + gap_s + length_s)))
        at = words[-1].end_s
    loud = [(min(s), max(s)) for s in spans]
    settle(words, _sound(6, *loud), [Spell(*s) for s in loud])
    assert all(w.start_s <= w.end_s for w in words)
    assert all(a.end_s <= b.start_s + 0.061 for a, b in itertools.pairwise(words))
    # A number of numpy is no float to a check that is written as JSON.
    assert {type(t) for w in words for t in (w.start_s, w.end_s)} == {float}
