"""The example file has every setting with a comment, and nothing is needed to start."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import bot
import core
from core.errors import BadSetting
from core.settings import Section, Settings

EXAMPLE = (Path(__file__).parents[2] / ".env.example").read_text()


def _every_setting() -> set[str]:
    """Of all sections, after every module of core and bot was imported."""
    for package in (core, bot):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not any(part in module.name for part in ("migrations", "child", "__main__")):
                importlib.import_module(module.name)
    names = {name for section in Section.every() for name in section.names()}
    return {n for n in names if not n.startswith("TEST")}


def _written() -> set[str]:
    return set(re.findall(r"^([A-Z][A-Z0-9_]*)=", EXAMPLE, re.MULTILINE))


def test_the_example_has_every_setting_and_no_other() -> None:
    assert _written() == _every_setting()


def test_every_setting_stands_under_a_comment() -> None:
    bare = []
    block_has_comment = False
    for line in EXAMPLE.splitlines():
        if not line.strip():
            block_has_comment = False
        elif line.startswith("#"):
            block_has_comment = True
        elif not block_has_comment:
            bare.append(line)
    assert bare == []


def test_the_example_as_it_stands_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(EXAMPLE)
    monkeypatch.chdir(tmp_path)
    _every_setting()
    for section in Section.every():
        assert section() == section(_env_file=None)  # type: ignore[call-arg]


def test_a_setting_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eighty")
    with pytest.raises(BadSetting) as told:
        Settings.load()
    assert told.value.say.facts["name"] == "PORT"
