"""A recorded sentence said three times with pauses and an "um" between, before somebody who moves:
where every word and every pause is, is known."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np

SENTENCE, PICTURE = "speech_quilter_6s.wav", "talk_single_office_34s_720p.mp4"
BEFORE_UM_S, BEHIND_UM_S, LONG_S, LAST_S = 1.4, 0.7, 2.0, 0.3
RATE_HZ = 16000
ROOM = 0.0006
"""Of full scale: the noise everything lies over."""


class _Tape:
    """Sound that grows, and the subtitles for it."""

    def __init__(self) -> None:
        self.parts: list[np.ndarray] = []
        self.lines: list[str] = []

    @property
    def now_s(self) -> float:
        return sum(map(len, self.parts)) / RATE_HZ

    def add(self, part: np.ndarray) -> None:
        self.parts.append(part.astype(np.float32))

    def wait(self, length_s: float) -> None:
        self.add(np.zeros(round(length_s * RATE_HZ)))

    def cue(self, start_s: float, end_s: float, text: str) -> None:
        number = len(self.lines) + 1
        self.lines.append(f"{number}\n{_clock(start_s)} --> {_clock(end_s)}\n{text}\n")


def paused(exe: str, recordings: Path, folder: Path) -> tuple[Path, Path, float]:
    """Video, subtitles and length in seconds."""
    tape = _Tape()
    sentence, said = _sentence(exe, recordings)
    tape.wait(0.3)
    for pause_s in (BEFORE_UM_S, LONG_S, LAST_S):
        for k, (start_s, end_s, word) in enumerate(said):
            stop = "." if k == len(said) - 1 else ""
            end_s = max(end_s - 0.04, start_s + 0.02)
            tape.cue(tape.now_s + start_s, tape.now_s + end_s, word + stop)
        tape.add(sentence)
        tape.wait(pause_s)
        if pause_s == BEFORE_UM_S:
            tape.cue(tape.now_s, tape.now_s + 0.4, "um,")
            tape.add(_um())
            tape.wait(BEHIND_UM_S)
    return _video(exe, recordings / PICTURE, tape, folder)


def _sentence(exe: str, recordings: Path) -> tuple[np.ndarray, list[tuple[float, float, str]]]:
    """Its sound, and the words with their times in it."""
    args = ["-v", "error", "-i", str(recordings / SENTENCE), "-f", "f32le", "-ac", "1"]
    args += ["-ar", str(RATE_HZ), "-"]
    raw = subprocess.run([exe, *args], check=True, capture_output=True).stdout
    known = json.loads((recordings / "speech_leopard_words.json").read_text())
    tests = known["tests"]["language_tests"]
    words = next(t["words"] for t in tests if t["audio_file"] == "test.wav")
    begin, end = words[0]["start_sec"] - 0.05, words[-1]["end_sec"] + 0.15
    sound = np.frombuffer(raw, np.float32)[round(begin * RATE_HZ) : round(end * RATE_HZ)]
    return sound, [(w["start_sec"] - begin, w["end_sec"] - begin, w["word"]) for w in words]


def _um() -> np.ndarray:
    """A voice that holds one vowel."""
    t = np.arange(round(0.4 * RATE_HZ)) / RATE_HZ
    rich = sum(np.sin(2 * np.pi * 118 * k * t) / k for k in range(1, 24))
    return 0.06 * np.minimum(1, np.minimum(t, 0.4 - t) / 0.05) * rich


def _video(exe: str, picture: Path, tape: _Tape, folder: Path) -> tuple[Path, Path, float]:
    sound = np.concatenate(tape.parts)
    sound = sound + np.random.default_rng(5).normal(0, ROOM, len(sound))
    raw, video, subtitles = (folder / f"paused.{end}" for end in ("f32", "mp4", "srt"))
    raw.write_bytes(sound.astype(np.float32).tobytes())
    subtitles.write_text("\n".join(tape.lines))
    heard = ["-f", "f32le", "-ar", str(RATE_HZ), "-ac", "1", "-i", str(raw)]
    coded = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-c:a", "aac", "-b:a", "160k"]
    args = ["-y", "-v", "error", "-ss", "2", "-i", str(picture), *heard, "-map", "0:v"]
    args += ["-map", "1:a", "-t", f"{tape.now_s:.3f}", *coded, str(video)]
    subprocess.run([exe, *args], check=True)
    raw.unlink()
    return video, subtitles, tape.now_s


def _clock(t_s: float) -> str:
    ms = round(t_s * 1000)
    return f"00:{ms // 60000:02}:{ms // 1000 % 60:02},{ms % 1000:03}"
