"""Words from a subtitle file, uploaded or inside the video: they beat every recogniser.

A cue has one time for several words. They share it by their length, and are moved into the parts
of it in which somebody speaks.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import charset_normalizer
import pysubs2

from core.analysis.model import Spell, Word
from core.analysis.speech.base import Heard
from core.analysis.speech.fit import Cue, Fit, beyond, fit, left_out, moved
from core.errors import Told
from core.media.decode import input_args
from core.media.facts import Video
from core.media.ffmpeg import FfmpegFailed, find, run
from core.media.inputs import file_arg
from core.say import Place, Say, say
from core.settings import Settings

MAX_B = 8_000_000
_NOT_SPOKEN = re.compile(r"[\[(][^\])]{0,40}[\])]|♪[^♪]*♪?|^\s*[-–—]\s*|^[A-Z][A-Z .']{1,20}:\s")
"""[music], (laughs), ♪ songs ♪, dialogue dashes and "SPEAKER: " are not spoken words."""
_LONGEST_CUE_S = 15.0


def read_subtitles(path: Path, voice: Sequence[Spell], duration_s: float) -> Heard:
    """Raises Told for a file that holds no subtitles."""
    if path.stat().st_size > MAX_B:
        raise Told("speech.subtitles_big")
    cues = _without_rolling(_cues(_text(path.read_bytes())))
    fits = fit(cues, voice, duration_s)
    there = moved(cues, fits.offset_s)
    words = [w for cue in there for w in _spread(*cue, voice)]
    inside = tuple(w for w in words if w.start_s < duration_s)
    if not inside:
        raise Told("speech.subtitles_empty")
    return Heard(inside, "upload", notes=tuple(_told(fits, there, voice, duration_s)))


def _told(
    fits: Fit, cues: Sequence[Cue], voice: Sequence[Spell], duration_s: float
) -> Iterator[Say]:
    """What a person should know of subtitles that were late, early, not of this video, or of a part
    of it."""
    if fits.wrong:
        yield say("speech.subtitles_elsewhere")
        return
    if fits.offset_s:
        key = "speech.subtitles_early" if fits.offset_s > 0 else "speech.subtitles_late"
        yield say(key, seconds=abs(fits.offset_s))
    if end_s := beyond(cues, duration_s):
        end, length = Place(round(end_s)), Place(round(duration_s))
        yield say("speech.subtitles_beyond", end=end, length=length)
    if gap := left_out(cues, voice):
        start, end = Place(round(gap.start_s)), Place(round(gap.end_s))
        yield say("speech.subtitles_gap", start=start, end=end)


def _text(raw: bytes) -> str:
    """In whatever encoding it is: UTF-8 and UTF-16 by their marks, others by likelihood."""
    for encoding in (
        ("utf-8-sig", "utf-16") if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",)
    ):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    best = charset_normalizer.from_bytes(raw).best()
    return str(best) if best else raw.decode("latin-1")


def _cues(text: str) -> list[Cue]:
    """Start, end and plain text of every cue, in order."""
    try:
        read = pysubs2.SSAFile.from_string(text)
    except (pysubs2.exceptions.Pysubs2Error, ValueError, IndexError) as wrong:
        raise Told("speech.subtitles_unreadable") from wrong
    cues = []
    for line in read:
        plain = _NOT_SPOKEN.sub(" ", line.plaintext.replace("\n", " \n"))
        plain = re.sub(r"<[^>]*>", "", " ".join(plain.split()))
        if plain and not line.is_comment and 0 <= line.start < line.end:
            end = min(line.end, line.start + int(_LONGEST_CUE_S * 1000))
            cues.append((line.start / 1000, end / 1000, plain))
    return sorted(cues)


def _without_rolling(
    cues: Sequence[Cue],
) -> list[Cue]:
    """Roll-up captions repeat the line before; a cue gives only the words that are new."""
    kept: list[Cue] = []
    said: list[str] = []
    for start, end, text in cues:
        words = text.split()
        n = next((k for k in range(min(len(words), len(said)), 0, -1) if said[-k:] == words[:k]), 0)
        # One shared word is how people talk; several, or all of it, is a caption rolling up.
        if n == len(words) or n >= 3:
            words = words[n:]
        if kept and kept[-1][1] > start:  # cues that overlap: the earlier one ends
            kept[-1] = (kept[-1][0], max(kept[-1][0] + 0.05, start), kept[-1][2])
        if words:
            kept.append((start, end, " ".join(words)))
            said = (said + words)[-40:]
    return kept


def _spread(start: float, end: float, text: str, voice: Sequence[Spell]) -> list[Word]:
    """The words of one cue over its time, as far as somebody speaks in it."""
    spoken = [
        Spell(max(start, s.start_s), min(end, s.end_s))
        for s in voice
        if s.end_s > start + 0.05 and s.start_s < end - 0.05
    ]
    total = sum(s.length_s for s in spoken)
    texts = text.split()
    if total < 0.12 * len(texts):  # too little speech was found for that many words
        spoken, total = [Spell(start, end)], end - start
    weights = [len(t) + 1.5 for t in texts]
    step = total / sum(weights)
    words, at = [], 0.0
    for word, weight in zip(texts, weights, strict=True):
        words.append(Word(word, _at(spoken, at), _at(spoken, at + weight * step - 1e-6)))
        at += weight * step
    return words


def _at(spells: Sequence[Spell], into_s: float) -> float:
    """The moment after `into_s` seconds of speech."""
    for spell in spells:
        if into_s <= spell.length_s:
            return round(spell.start_s + into_s, 3)
        into_s -= spell.length_s
    return spells[-1].end_s


async def embedded_subtitles(
    video: Video, voice: Sequence[Spell], *, settings: Settings
) -> Heard | None:
    """The first text track inside the video that holds words; None when there is none."""
    for track in video.facts.subtitles:
        with tempfile.TemporaryDirectory(prefix="clipdesk-") as folder:
            out = Path(folder) / "track.srt"
            args = [*input_args(video), "-map", f"0:{track.stream}", "-f", "srt", file_arg(out)]
            try:
                await run(args, exe=find(settings), timeout_s=300)
                heard = read_subtitles(out, voice, video.facts.duration_s)
            except (FfmpegFailed, Told, FileNotFoundError):
                continue
        return Heard(heard.words, "embedded", _bcp47(track.language), heard.notes)
    return None


def _bcp47(tag: str | None) -> str | None:
    """`eng` → `en`, as far as the tables of Babel know it."""
    if not tag or tag == "und":
        return None
    from babel.core import get_global

    return str(get_global("language_aliases").get(tag, tag))
