"""`clipdesk models pull`: fetch the models, each checked against its checksum."""

from __future__ import annotations

import sys

from core.analysis.models import MODELS, pull
from core.errors import Told
from core.i18n.catalog import Catalog
from core.say import Say, say
from core.settings import Settings
from core.tell import Stage


class _Progress:
    """A `Tell` for one model: its name and how much of the file is here."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, stage: Stage, done: float, *, note: Say | None = None) -> None:
        sys.stderr.write(f"\r{self._name}: {done:.0%} ")


async def pull_models(settings: Settings) -> int:
    """1 when one could not be fetched; the others are fetched all the same."""
    catalog = Catalog.load()
    failed = 0
    for name in MODELS:
        try:
            path = await pull(name, settings, _Progress(name))
            sys.stdout.write(f"\n{catalog.text(say('models.ready', name=name, path=str(path)))}\n")
        except Told as told:
            failed = 1
            sys.stderr.write(f"\n{catalog.text(told.say)}\n")
    return failed
