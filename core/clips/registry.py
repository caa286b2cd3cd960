"""Every clip provider there is: each module of this room that holds one."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

import core.clips
from core.clips.base import ClipProvider
from core.errors import BadSetting
from core.settings import Settings


@lru_cache(maxsize=1)
def providers() -> dict[str, type[ClipProvider]]:
    """By name. A module in this folder is enough to add one."""
    found: dict[str, type[ClipProvider]] = {}
    for entry in pkgutil.iter_modules(core.clips.__path__):
        module = importlib.import_module(f"core.clips.{entry.name}")
        for thing in vars(module).values():
            if _is_provider(thing) and thing.__module__ == module.__name__:
                assert thing.name not in found, f"two clip providers are called {thing.name!r}"
                found[thing.name] = thing
    return found


def _is_provider(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, ClipProvider) and hasattr(thing, "name")


def provider(name: str, settings: Settings) -> ClipProvider:
    """Raises BadSetting for a name nobody has, or when it cannot work here."""
    found = providers().get(name)
    if found is None:
        raise BadSetting("setting.no_such_provider", name=name, names=tuple(sorted(providers())))
    made = found()
    if (missing := made.available()) is not None:
        raise BadSetting("setting.provider_missing", name=name, why=missing)
    return made
