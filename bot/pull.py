"""`clipdesk models pull`: fetch the models, each checked against its checksum."""

from __future__ import annotations

import sys

from core.analysis.models import MODELS, pull
from core.i18n.catalog import Catalog

from core.errors import Told
from core.say import Say, say
from core.settings import Settings
from core.tell import Stage


async def pull_models(settings: Settings) -> int:
    """1 when one could not be fetched; the others are fetched all the same."""
    catalog = Catalog.load()
    failed = 0
    for name in MODELS:

        def tell(_: Stage, done: float, *, note: Say | None = None, what: str = name) -> None:
            if note is not None:
                sys.stderr.write(f"\n{catalog.text(note)}\n")
            sys.stderr.write(f"\r{what}: {done:.0%} ")

        try:
            path = await pull(name, settings, tell)
            sys.stdout.write(f"\n{catalog.text(say('models.ready', name=name, path=str(path)))}\n")
        except Told as told:
            failed = 1
            sys.stderr.write(f"\n{catalog.text(told.say)}\n")
    return failed
