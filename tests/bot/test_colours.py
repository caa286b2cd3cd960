"""Every pair of colours the page uses can be told apart: WCAG 2.2 AA, computed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "bot" / "web" / "app.css").read_text()
TEXT, PARTS = 4.5, 3.0
"""Contrast of text (1.4.3) and of parts one has to see (1.4.11)."""

PAIRS = [
    ("ink", "bg", TEXT),
    ("ink", "surface", TEXT),
    ("ink", "sunken", TEXT),
    ("ink", "mine", TEXT),
    ("soft", "bg", TEXT),
    ("soft", "surface", TEXT),
    ("soft", "sunken", TEXT),
    ("soft", "mine", TEXT),
    ("accent", "surface", TEXT),
    ("accent", "bg", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-strong", TEXT),
    ("danger", "surface", TEXT),
    ("danger", "bg", TEXT),
    ("danger", "mine", TEXT),
    ("danger", "danger-soft", TEXT),
    ("edge", "surface", PARTS),
    ("edge", "bg", PARTS),
    ("focus", "bg", PARTS),
    ("focus", "surface", PARTS),
    ("focus", "mine", PARTS),
    ("accent", "sunken", PARTS),
]


def _colours(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.S)[:2]
    named = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    if scheme == "dark":
        named |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark))
    return named


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_colours_has_enough_contrast(scheme: str) -> None:
    colours = _colours(scheme)
    poor = []
    for front, back, needed in PAIRS:
        high, low = sorted((_luminance(colours[front]), _luminance(colours[back])), reverse=True)
        ratio = (high + 0.05) / (low + 0.05)
        if ratio < needed:
            poor.append(f"{front} on {back}: {ratio:.2f} < {needed}")
    assert not poor


def test_no_colour_is_used_that_has_no_name() -> None:
    rules = re.sub(r":root \{.*?\}", "", CSS, flags=re.S)
    fixed = set(re.findall(r"#[0-9a-f]{3,6}\b", rules))
    assert fixed <= {"#0e0e0d", "#fff", "#000"}, "only what lies on a picture is fixed"
