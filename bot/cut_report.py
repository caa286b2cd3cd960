"""What `clipdesk clip` found and made, as its one JSON object and as lines to read."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.analysis.model import Analysis
from core.brand.kit import Kit
from core.clips.base import Picked, Span
from core.clips.tight import NOT_TIGHT, Tight
from core.framing.plan import Layout
from core.i18n.catalog import Catalog
from core.media.facts import Video
from core.render.rendered import Rendered
from core.say import Say


@dataclass(slots=True)
class Made:
    """Everything the run found and made."""

    source: Video
    video: Video
    """The source, or a working copy of it in a container one can seek in."""
    analysis: Analysis
    picked: Picked
    clips: list[tuple[int, Span, Rendered]]
    failed: list[tuple[int, Say]]
    stages_s: dict[str, float]
    provider: str
    kit: Kit
    """The brand they are made in."""
    tight: Tight = NOT_TIGHT


def as_json(made: Made, notes: Sequence[Say], catalog: Catalog) -> dict[str, Any]:
    """The object of `--json`. Only where there is something a person must know it has `notes`."""
    facts, found = made.source.facts, made.analysis
    return {
        "source": {
            "path": str(made.source.path),
            "sha256": made.source.sha256,
            "duration_s": facts.duration_s,
            "width": facts.width,
            "height": facts.height,
            "fps": facts.fps,
        },
        "provider": made.provider,
        "stages_s": {
            name: made.stages_s.get(name, 0.0)
            for name in ("probe", "video", "audio", "words", "pick", "render")
        },
        "words": [{"start_s": w.start_s, "end_s": w.end_s, "text": w.text} for w in found.words],
        "shots_s": list(found.shots_s),
        "clips": [
            {**_clip_json(*clip, catalog), **_taken_json(clip[2], made.tight)}
            for clip in made.clips
        ],
        **({"notes": [_note_json(note, catalog) for note in notes]} if notes else {}),
    }


def _note_json(note: Say, catalog: Catalog) -> dict[str, Any]:
    """What it is about, which no wording changes, and how it is said."""
    return {"about": note.key, "text": catalog.text(note)}


def _clip_json(rank: int, span: Span, clip: Rendered, catalog: Catalog) -> dict[str, Any]:
    return {
        "rank": rank,
        "start_s": span.start_s,
        "end_s": span.end_s,
        "score": span.score,
        "reasons": [catalog.text(r) for r in span.reasons],
        "title": span.title,
        "caption": span.caption,
        "tags": list(span.tags),
        "file": str(clip.file),
        "cover": str(clip.cover),
        "width": clip.width,
        "height": clip.height,
        "duration_s": clip.duration_s,
        # Only with a brand: every time of a clip counts from where its own picture begins.
        **(
            {"intro_s": clip.intro_s, "outro_s": clip.outro_s}
            if clip.intro_s or clip.outro_s
            else {}
        ),
        "layouts": [_layout_json(layout) for layout in clip.plan.layouts],
        "faces": [asdict(face) for face in clip.faces],
        "checks": [
            {"name": c.name, "ok": c.ok, "value": _finite(c.value), "limit": c.limit}
            for c in clip.checks
        ],
    }


def _taken_json(clip: Rendered, tight: Tight) -> dict[str, Any]:
    """Only where something was to go: how much went, and the stretches of the source that stay."""
    if not tight or clip.line is None:
        return {}
    return {
        "removed_s": round(sum(j.removed_s for j in clip.line.joins), 3),
        "parts": [asdict(span) for span in clip.line.spans],
    }


def _layout_json(layout: Layout) -> dict[str, Any]:
    """`path` alone, as the shape is fixed; of two tiles it is the window of the
    upper one."""
    fields = asdict(layout)
    return {name: fields[name] for name in ("start_s", "end_s", "kind", "path")}


def _finite(value: float | str | None) -> float | str | None:
    """JSON has no infinity: the loudness of silence is null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def show(made: Made, catalog: Catalog) -> None:
    for rank, span, clip in made.clips:
        reasons = ", ".join(catalog.text(r) for r in span.reasons)
        sys.stdout.write(
            f"{rank}. {span.title}  ({span.start_s:.1f}-{span.end_s:.1f} s, "
            f"score {span.score:.0f}: {reasons})\n   {clip.file}\n"
        )
