"""Where somebody speaks in a clip, in its own time."""

from __future__ import annotations

from core.analysis.model import Analysis, Spell


def spoken(analysis: Analysis, length_s: float) -> tuple[Spell, ...]:
    """Everything that is known as speech: what a voice was heard in, and every word. Subtitles may
    name words no detector hears; a detector hears what no subtitle names. `analysis` is of the
    clip."""
    known = [*analysis.voice, *(Spell(w.start_s, w.end_s) for w in analysis.words)]
    inside = (Spell(max(0.0, s.start_s), min(length_s, s.end_s)) for s in known)
    joined: list[Spell] = []
    for spell in sorted((s for s in inside if s.length_s > 0), key=lambda s: s.start_s):
        if joined and spell.start_s <= joined[-1].end_s:
            joined[-1] = Spell(joined[-1].start_s, max(joined[-1].end_s, spell.end_s))
        else:
            joined.append(spell)
    return tuple(joined)
