"""The small English recogniser inside the pocketsphinx wheel: always there, and rough."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import partial
from importlib import util
from pathlib import Path
from typing import Any

from core.analysis.model import Spell, WordsFrom
from core.analysis.side_by_side import side_by_side
from core.analysis.speech.base import Heard, SoFar, nobody_waits
from core.analysis.speech.child import run_child, word_of
from core.analysis.speech.journal import Journal
from core.say import Say, say
from core.tell import Tell

_MODULE = "core.analysis.speech.sphinx_child"
_LONGEST_S = 20.0
"""Of one utterance: its search grows with the length."""


class Sphinx:
    """English only; a quarter of the words is wrong on read speech, more on free speech."""

    by: WordsFrom = "sphinx"

    async def missing(self, tell: Tell) -> Say | None:
        return None if util.find_spec("pocketsphinx") else say("speech.no_sphinx")

    async def words(
        self,
        pcm: Path,
        voice: Sequence[Spell],
        tell: Tell,
        journal: Path | None = None,
        so_far: SoFar = nobody_waits,
    ) -> Heard:
        parts = [part for spell in voice for part in _cut(spell)]
        total_s = sum(p.length_s for p in parts) or 1.0
        noted = Journal(journal)
        known = {line["at"] for line in noted.lines}
        left = [p for p in parts if p.start_s not in known]

        def on_line(line: dict[str, Any]) -> None:
            noted.note(line)
            tell("words", min(0.99, sum(n["done"] for n in noted.lines) / total_s))
            done = {n["at"] for n in noted.lines}
            missing_s = min((p.start_s for p in parts if p.start_s not in done), default=0.0)
            so_far(partial(self._heard, noted), missing_s)

        processes = min(2, os.cpu_count() or 1)
        shares = [left[i::processes] for i in range(processes)]
        await side_by_side(
            *(
                run_child(_MODULE, [str(pcm.resolve()), _json(share)], on_line)
                for share in shares
                if share
            )
        )
        return self._heard(noted)

    def _heard(self, noted: Journal) -> Heard:
        found = (word_of(w) for line in noted.lines for w in line["words"])
        return Heard(tuple(sorted(found, key=lambda w: w.start_s)), self.by, "en")


def _json(spells: Sequence[Spell]) -> str:
    return json.dumps([[s.start_s, s.end_s] for s in spells])


def _cut(spell: Spell) -> list[Spell]:
    """Long stretches in pieces, so that each is searched in bounded time."""
    n = max(1, round(spell.length_s / _LONGEST_S + 0.49))
    step = spell.length_s / n
    return [Spell(spell.start_s + i * step, spell.start_s + (i + 1) * step) for i in range(n)]
