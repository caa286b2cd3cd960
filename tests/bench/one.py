"""One measured piece of work in a process of its own: `python -m tests.bench.one analyse FILE`."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from core.analysis.analyse import analyse
from core.analysis.model import Analysis, Word
from core.media.facts import VERTICAL, Video
from core.media.probe import probe
from core.render.make import make_clip
from core.say import Say
from core.settings import Settings
from core.tell import tell_nobody
from tests.bench.bare import same_windows


async def _analyse(path: Path, settings: Settings) -> tuple[Video, Analysis, dict[str, float]]:
    video = Video(path, "0" * 64, await probe(path))
    stages: dict[str, float] = {}
    began = time.monotonic()
    found = await analyse(video, settings=settings, tell=tell_nobody, speech=False, timings=stages)
    stages["all"] = time.monotonic() - began
    return video, found, stages


def _captioned(found: Analysis, end_s: float) -> Analysis:
    """With a word every 0.4 s: what captions cost is part of a render."""
    said = ("these", "are", "the", "words", "somebody", "says")
    words = tuple(
        Word(said[i % len(said)], round(0.4 * i, 3), round(0.4 * i + 0.3, 3))
        for i in range(int(end_s / 0.4))
    )
    return replace(found, words=words, words_from="upload", language="en")


async def _render(
    path: Path, found: Analysis, start_s: float, end_s: float, settings: Settings
) -> dict[str, object]:
    video = Video(path, "0" * 64, await probe(path))
    began = time.monotonic()
    made_at: list[float] = []

    def tell(stage: str, done: float, *, note: Say | None = None) -> None:
        if stage == "render" and done == 1.0:
            made_at.append(time.monotonic() - began)

    with tempfile.TemporaryDirectory() as folder:
        made = await make_clip(
            video,
            _captioned(found, end_s),
            start_s,
            end_s,
            fmt=VERTICAL,
            captions=True,
            into=Path(folder),
            settings=settings,
            tell=tell,
        )
        all_s = time.monotonic() - began
    kinds = [layout.kind for layout in made.plan.layouts]
    failed = [c.name for c in made.checks if not c.ok]
    told = {"all": all_s, "made": made_at[0], "kinds": kinds, "failed": failed}
    return {**told, "bare": same_windows(made.plan)}


async def _main(what: str, path: Path, start_s: float, end_s: float, kept: Path | None) -> None:
    settings = Settings.load()
    if what == "analyse":
        _, found, stages = await _analyse(path, settings)
        if kept:
            kept.write_text(json.dumps(found.to_json()))
        print(json.dumps(stages))
        return
    assert kept is not None
    found = Analysis.from_json(json.loads(kept.read_text()))
    print(json.dumps(await _render(path, found, start_s, end_s, settings)))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    asyncio.run(
        _main(
            arguments[0],
            Path(arguments[1]),
            float(arguments[2]) if len(arguments) > 2 else 0.0,
            float(arguments[3]) if len(arguments) > 3 else 0.0,
            Path(arguments[4]) if len(arguments) > 4 else None,
        )
    )
