"""Where the practice platforms are: they write their addresses and keys into the data folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import SecretStr

from core.settings import Section, Settings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

A = TypeVar("A", bound="DataclassInstance")

FILE = "practice.json"


def read_practice(settings: Settings) -> Mapping[str, Any]:
    """Addresses and client credentials by platform; empty where no practice server was started."""
    try:
        found = json.loads((settings.data_dir / FILE).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def app_of(kind: type[A], settings: Settings, platform: str, config: Section) -> A:
    """Keys and addresses of an app, whose fields are settings. The first is its key: without one
    the practice platform takes its place, if it was started."""
    names = [f.name for f in fields(kind)]
    if getattr(config, names[0]):
        found = {name: _plain(getattr(config, name)) for name in names}
    else:
        room: Mapping[str, Any] = read_practice(settings).get(platform, {})
        found = {name: str(room.get(name, "")) for name in names}
    return kind(
        **{name: v.rstrip("/") if name.endswith("_root") else v for name, v in found.items()}
    )


def _plain(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def write_practice(settings: Settings, content: Mapping[str, Any]) -> None:
    """Replaced in one step: a reader never finds half of it."""
    part = settings.data_dir / f".{FILE}.part"
    part.write_text(json.dumps(content, indent=1))
    Path(part).chmod(0o600)
    part.replace(settings.data_dir / FILE)
