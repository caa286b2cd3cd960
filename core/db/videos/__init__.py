"""Videos: the sources, the requests to cut them, the clips and their versions."""

from __future__ import annotations

from core.db.videos.analyses import HEAD, keep_analysis, stored_analysis
from core.db.videos.clips import Clip, ClipState, add_clip, clip, clips_of, edit_clip
from core.db.videos.cuts import Cut, CutState, add_cut, cut, cuts_of, find_cut, recent_cuts, set_cut
from core.db.videos.renders import Render, keep_render, render_of
from core.db.videos.sources import (
    Source,
    add_source,
    find_source,
    recent_sources,
    set_facts,
    source,
    source_by_hash,
)

__all__ = [
    "HEAD",
    "Clip",
    "ClipState",
    "Cut",
    "CutState",
    "Render",
    "Source",
    "add_clip",
    "add_cut",
    "add_source",
    "clip",
    "clips_of",
    "cut",
    "cuts_of",
    "edit_clip",
    "find_cut",
    "find_source",
    "keep_analysis",
    "keep_render",
    "recent_cuts",
    "recent_sources",
    "render_of",
    "set_cut",
    "set_facts",
    "source",
    "source_by_hash",
    "stored_analysis",
]
