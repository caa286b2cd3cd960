"""The captions of a clip as files, for players and platforms that draw them themselves."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path

from core.analysis.model import Analysis
from core.analysis.timeline import words_inside
from core.brand.kit import Kit
from core.captions.export import later, srt, vtt
from core.captions.wording import written
from core.cards.clip import file_name
from core.chat import acts
from core.chat.message import MediaOut, Out
from core.chat.registry import Answer, Ask, on_act
from core.db.videos import Clip
from core.errors import Told
from core.render.lettering import lettering
from core.say import say
from core.services import Services
from handlers._edits import analysis_of
from handlers.discard import ready_clip


@on_act(acts.CLIP_FILES, role="viewer")
async def files(ask: Ask, svc: Services) -> Answer:
    """SRT, WebVTT and ASS, with times that count from the start of the clip."""
    async with svc.db.read() as tx:
        clip = await ready_clip(tx, ask)
        analysis = await analysis_of(tx, clip)
    if analysis is None:
        raise Told("edit.look_again")
    made = await asyncio.to_thread(subtitle_texts, clip, analysis)
    head = Out.of(say("edit.files", title=clip.title))
    return [head, *[await _file(svc, clip, ending, text) for ending, text in made.items()]]


def subtitle_texts(clip: Clip, analysis: Analysis) -> dict[str, str]:
    """The text of each file by its ending. Raises Told where nothing is said."""
    assert clip.render is not None
    made, recipe, line = clip.render.rendered, clip.recipe, clip.line
    words = clip.render.words
    if words is None:
        words = written(words_inside(analysis.words, line), recipe.look)
    if not words:
        raise Told("edit.no_words")
    language = recipe.look.language or analysis.language
    kit = Kit(recipe.brand)
    ass = lettering(words, analysis, line, made.plan, made.faces, recipe.look, kit)
    # In the file an intro may stand before what is said.
    late_s = made.intro_s
    words = tuple(replace(w, start_s=w.start_s + late_s, end_s=w.end_s + late_s) for w in words)
    return {
        "srt": srt(words, until_s=line.length_s + late_s, language=language),
        "vtt": vtt(words, until_s=line.length_s + late_s, language=language),
        "ass": later(ass, late_s),
    }


async def _file(svc: Services, clip: Clip, ending: str, text: str) -> Out:
    raw = text.encode("utf-8")
    key = f"subtitles/{hashlib.sha256(raw).hexdigest()}.{ending}"
    with tempfile.TemporaryDirectory(prefix="clipdesk-") as folder:
        path = Path(folder) / f"clip.{ending}"
        path.write_bytes(raw)
        await svc.store.put(path, key)
    name = f"{file_name(clip.title) or f'clip-{clip.id}'}.{ending}"
    kind = say("edit.file", kind=ending.upper())
    return Out((kind,), media=MediaOut("file", key, name, len(raw)), alt=kind, quiet=True)
