"""Laughter and applause: how many are found, and how many of those found are some.

There is no labelled recording at hand, so some are made: the talk of our own sample, with laughter
(voiced bursts four or five times a second that die away), applause (hundreds of claps at random
times) and what is neither (a cough, a door, a chord of music, a hum) between its sentences, at
known places and levels. The figures say how these are told apart, and nothing about real rooms.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import wave
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.analysis.analyse import analyse
from core.clips.measures import Measures
from core.clips.sentences import in_order, sentences_of
from core.media.facts import Video
from core.media.ffmpeg import find
from core.media.probe import probe
from core.media.sample_story import Spoken, tell_story
from core.media.sample_voice import RATE_HZ, voice
from core.settings import Settings
from core.tell import tell_nobody

SEEDS = range(1, 9)
OFTEN = {"now and then": 0.3, "between all sentences": 1.0}
"""How many pauses something is heard in."""
BEFORE_S = 0.5
"""A reaction may be noted a little before or behind its own beginning."""
Sound = NDArray[np.float32]
Dice = np.random.Generator


@dataclass(frozen=True, slots=True)
class Event:
    """Something between two sentences."""

    start_s: float
    end_s: float
    kind: str

    @property
    def reacts(self) -> bool:
        return self.kind in ("laughter", "applause")


def _shaped(length_s: float, attack_s: float, decay_s: float) -> Sound:
    t = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
    return np.asarray(np.minimum(1, t / attack_s) * np.exp(-t / decay_s), np.float32)


def _laughter(dice: Dice, length_s: float) -> Sound:
    """Several people, each "ha" of breath and voice, 4.2 to 5.4 a second."""
    out = np.zeros(int(length_s * RATE_HZ), np.float32)
    for _ in range(3):
        rate, pitch = dice.uniform(4.2, 5.4), dice.uniform(150, 380)
        for at_s in np.arange(dice.uniform(0, 0.2), length_s - 0.2, 1 / rate):
            burst = _shaped(0.15, 0.02, 0.07)
            t = np.arange(len(burst)) / RATE_HZ
            tone = sum(np.sin(2 * np.pi * pitch * k * t) / k for k in range(1, 7))
            breath = 0.5 * dice.standard_normal(len(burst))
            i = int(at_s * RATE_HZ)
            fades = 1 - 0.6 * at_s / length_s
            out[i : i + len(burst)] += (fades * burst * (tone + breath)).astype(np.float32)[
                : len(out) - i
            ]
    return out


def _applause(dice: Dice, length_s: float) -> Sound:
    out = np.zeros(int(length_s * RATE_HZ), np.float32)
    for _ in range(int(120 * length_s)):
        clap = _shaped(0.03, 0.001, 0.006)
        clap = clap * dice.standard_normal(len(clap)).astype(np.float32)
        at_s = length_s * dice.beta(1.3, 1.8)
        i = int(at_s * RATE_HZ)
        out[i : i + len(clap)] += clap[: len(out) - i] * float(dice.uniform(0.3, 1))
    return out


def _cough(dice: Dice, _: float) -> Sound:
    burst = _shaped(0.35, 0.01, 0.09)
    return burst * dice.standard_normal(len(burst)).astype(np.float32)


def _door(dice: Dice, _: float) -> Sound:
    t = np.arange(int(0.25 * RATE_HZ)) / RATE_HZ
    thud = np.sin(2 * np.pi * dice.uniform(60, 110) * t) * np.exp(-t / 0.06)
    return np.asarray(thud, np.float32)


def _chord(dice: Dice, length_s: float) -> Sound:
    t = np.arange(int((length_s + 2) * RATE_HZ)) / RATE_HZ
    root = dice.uniform(180, 330)
    tones = sum(np.sin(2 * np.pi * root * r * t) for r in (1, 1.26, 1.5, 2))
    return np.asarray(tones, np.float32)


def _hum(_: Dice, length_s: float) -> Sound:
    t = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
    return np.asarray(np.sin(2 * np.pi * 50 * t), np.float32)


KINDS: dict[str, Callable[[Dice, float], Sound]] = {
    "laughter": _laughter,
    "applause": _applause,
    "cough": _cough,
    "door": _door,
    "music": _chord,
    "hum": _hum,
}
LEVEL_DB = {"laughter": (-6, 4), "applause": (-8, 4), "music": (-10, 0), "hum": (-20, -10)}
"""Over the talk; a cough and a door are as loud as the talk."""


def made(seed: int, often: float) -> tuple[Sound, list[Spoken], list[Event]]:
    """The sound, its words, and what lies between them."""
    dice, story = np.random.default_rng(seed), tell_story()
    talk = voice(story)
    loud = float(np.sqrt(np.mean(talk[np.abs(talk) > 0.01] ** 2)))
    pieces: list[Sound] = []
    words: list[Spoken] = []
    events: list[Event] = []
    from_s = at_s = 0.0
    for i, word in enumerate(story.words):
        ahead = story.words[i + 1] if i + 1 < len(story.words) else None
        moved = at_s - from_s
        words.append(replace(word, start_s=word.start_s + moved, end_s=word.end_s + moved))
        if ahead is None or ahead.start_s - word.end_s < 0.5 or dice.random() > often:
            continue
        until_s = word.end_s + 0.35
        pieces.append(talk[int(from_s * RATE_HZ) : int(until_s * RATE_HZ)])
        at_s += until_s - from_s
        kind = str(dice.choice(list(KINDS)))
        sound = KINDS[kind](dice, float(dice.uniform(1.2, 4.0)))
        low, high = LEVEL_DB.get(kind, (0, 0))
        level = loud * 10 ** (float(dice.uniform(low, high)) / 20)
        sound = sound * (level / max(1e-6, float(np.sqrt(np.mean(sound**2)))))
        pieces.append(sound.astype(np.float32))
        events.append(Event(at_s, at_s + len(sound) / RATE_HZ, kind))
        at_s, from_s = events[-1].end_s, until_s
    pieces.append(talk[int(from_s * RATE_HZ) :])
    return np.concatenate(pieces), words, events


def _video(folder: Path, sound: Sound, words: list[Spoken], exe: str) -> tuple[Path, Path]:
    """A file to analyse, and its subtitles, a cue for each word."""
    wav, out, srt = folder / "made.wav", folder / "made.mp4", folder / "made.srt"
    with wave.open(str(wav), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes((np.clip(sound, -1, 1) * 32000).astype("<i2").tobytes())
    picture = f"color=gray:s=160x90:r=5:d={len(sound) / RATE_HZ}"
    subprocess.run(
        [
            *(exe, "-v", "error", "-y", "-f", "lavfi", "-i", picture, "-i", str(wav)),
            *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-shortest", str(out)),
        ],
        check=True,
    )
    lines = (
        f"{n}\n{_time(w.start_s)} --> {_time(w.end_s)}\n{w.text}\n" for n, w in enumerate(words, 1)
    )
    srt.write_text("\n".join(lines))
    return out, srt


def _time(at_s: float) -> str:
    ms = round(at_s * 1000)
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"


@dataclass(frozen=True, slots=True)
class Score:
    """What was found of what was there."""

    right: int
    found: int
    there: int

    @property
    def line(self) -> str:
        return (
            f"precision {self.right}/{self.found}, recall {self.right}/{self.there}"
            if self.found
            else f"nothing found of {self.there}"
        )


async def score(seed: int, often: float, settings: Settings) -> Score:
    sound, words, events = made(seed, often)
    with tempfile.TemporaryDirectory() as scratch:
        path, srt = _video(Path(scratch), sound, words, str(find(settings)))
        video = Video(path, "0" * 64, await probe(path))
        found = await analyse(video, settings=settings, tell=tell_nobody, subtitles=srt)
    said = in_order(found.words, found.duration_s)
    measures = Measures(found, sentences_of(said, found))
    there = [e for e in events if e.reacts]
    right = sum(bool(measures.reactions(e.start_s - BEFORE_S, e.end_s)) for e in there)
    return Score(right, measures.reactions(0.0, found.duration_s), len(there))


def report(settings: Settings) -> None:
    """Over all made recordings, printed."""
    for name, often in OFTEN.items():
        scores = [asyncio.run(score(seed, often, settings)) for seed in SEEDS]
        total = Score(*(sum(getattr(s, n) for s in scores) for n in ("right", "found", "there")))
        print(f"laughter and applause, made ones, {name}: {total.line}", flush=True)


if __name__ == "__main__":
    report(Settings.load())
