"""What `clipdesk clip` says on stderr while it works."""

from __future__ import annotations

import sys

from core.i18n.catalog import Catalog
from core.say import Say
from core.tell import Stage


class Progress:
    """A `Tell` that writes one line per stage and tenth to stderr, and every note once."""

    def __init__(
        self, catalog: Catalog, what: str = "", noted: dict[Say, None] | None = None
    ) -> None:
        self._catalog, self._what = catalog, what
        self._shown: dict[str, int] = {}
        self._noted = {} if noted is None else noted

    def __call__(self, stage: Stage, done: float, *, note: Say | None = None) -> None:
        if note is not None:
            self.note(note)
        tenth = int(done * 10)
        if self._shown.get(stage) != tenth:
            self._shown[stage] = tenth
            sys.stderr.write(f"{self._what}{stage} {done:.0%}\n")
            sys.stderr.flush()

    def note(self, note: Say) -> None:
        """Something a person must know, whatever stage it is of."""
        if note not in self._noted:
            self._noted[note] = None
            sys.stderr.write(f"{self._catalog.text(note)}\n")

    @property
    def notes(self) -> tuple[Say, ...]:
        """Everything a person must know, in the order it was told."""
        return tuple(self._noted)

    def of(self, what: str) -> Progress:
        """The progress of a part; its lines begin with `what`."""
        return Progress(self._catalog, what, self._noted)
