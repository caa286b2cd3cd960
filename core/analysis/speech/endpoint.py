"""An OpenAI-compatible endpoint: `POST {root}/audio/transcriptions` with word times.

Source: platform.openai.com/docs/api-reference/audio/createTranscription. Files are limited to 25 MB
there, so long sound goes in pieces of ten minutes, cut in pauses.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp

from core.analysis.model import Spell, Word, WordsFrom
from core.analysis.speech.base import Heard, SoFar, SpeechSettings, nobody_waits
from core.analysis.speech.journal import Journal
from core.errors import Told
from core.say import Say, say
from core.tell import Tell

RATE_HZ = 16_000
PIECE_S = 600.0
TIMEOUT_S = 300.0


class Endpoint:
    """Sends the sound elsewhere; only when an address was set."""

    by: WordsFrom = "endpoint"

    def __init__(self, speech: SpeechSettings) -> None:
        self._speech = speech

    async def missing(self, tell: Tell) -> Say | None:
        return None if self._speech.api_root else say("speech.no_endpoint")

    async def words(
        self,
        pcm: Path,
        voice: Sequence[Spell],
        tell: Tell,
        journal: Path | None = None,
        so_far: SoFar = nobody_waits,
    ) -> Heard:
        length_s = pcm.stat().st_size / 2 / RATE_HZ
        noted = Journal(journal)
        answers = {line["at"]: line["answer"] for line in noted.lines}
        found: list[Word] = []
        language = None
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S, sock_connect=10)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for piece in pieces_of(length_s, voice):
                if (answer := answers.get(piece.start_s)) is None:
                    answer = await self._ask(session, _wav(pcm, piece))
                    noted.note({"at": piece.start_s, "answer": answer})
                found.extend(_words(answer, piece))
                language = language or answer.get("language")
                tell("words", min(0.99, piece.end_s / max(0.1, length_s)))
                so_far(partial(Heard, tuple(found), self.by, language), piece.end_s)
        return Heard(tuple(found), self.by, language)

    async def _ask(self, session: aiohttp.ClientSession, wav: bytes) -> dict[str, Any]:
        form = aiohttp.FormData()
        form.add_field("file", wav, filename="sound.wav", content_type="audio/wav")
        form.add_field("model", self._speech.model)
        form.add_field("response_format", "verbose_json")
        form.add_field("timestamp_granularities[]", "word")
        key = self._speech.api_key
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        root = (self._speech.api_root or "").rstrip("/")
        try:
            async with session.post(
                f"{root}/audio/transcriptions", data=form, headers=headers, allow_redirects=False
            ) as answer:
                if answer.status != 200:
                    raise Told("speech.endpoint_refused", status=answer.status)
                found = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as wrong:
            raise Told("speech.endpoint_away", why=type(wrong).__name__) from wrong
        if not isinstance(found, dict):
            raise Told("speech.endpoint_away", why="no JSON object")
        return found


def pieces_of(length_s: float, voice: Sequence[Spell]) -> list[Spell]:
    """The whole length in pieces of at most ten minutes, each cut in the last pause before that."""
    pieces: list[Spell] = []
    at = 0.0
    pauses = [(a.end_s + b.start_s) / 2 for a, b in pairwise(voice)]
    while at < length_s:
        end = min(length_s, at + PIECE_S)
        if end < length_s:
            end = max((p for p in pauses if at + PIECE_S / 2 < p <= end), default=end)
        pieces.append(Spell(at, end))
        at = end
    return pieces


def _wav(pcm: Path, piece: Spell) -> bytes:
    with pcm.open("rb") as sound:
        sound.seek(int(piece.start_s * RATE_HZ) * 2)
        raw = sound.read(int(piece.length_s * RATE_HZ) * 2)
    out = io.BytesIO()
    with wave.open(out, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE_HZ)
        wav.writeframes(raw)
    return out.getvalue()


def _words(answer: dict[str, Any], piece: Spell) -> list[Word]:
    """Word times when it gives them; else the words of a segment share its time."""
    found = []
    for raw in answer.get("words") or ():
        if isinstance(raw, dict) and str(raw.get("word", "")).strip():
            start, end = (piece.start_s + float(raw.get(k) or 0) for k in ("start", "end"))
            found.append(Word(str(raw["word"]).strip(), start, end))
    if found:
        return _with_punctuation(found, str(answer.get("text", "")))
    for segment in answer.get("segments") or ():
        texts = str(segment.get("text", "")).split()
        start, end = float(segment.get("start", 0)), float(segment.get("end", 0))
        step = (end - start) / max(1, len(texts))
        for i, text in enumerate(texts):
            at = piece.start_s + start + i * step
            found.append(Word(text, at, at + step))
    return found


def _with_punctuation(words: list[Word], text: str) -> list[Word]:
    """Word lists come without punctuation; the running text has it, in the same order."""
    tokens = text.split()
    if len(tokens) != len(words):
        return words
    return [Word(token, w.start_s, w.end_s, w.sure) for token, w in zip(tokens, words, strict=True)]
