"""Zones by the names people use."""

from __future__ import annotations

import pytest

from core.errors import Told
from core.when.zones import FIRST_OFFERED, OFFERED, find_zone, is_zone


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("New_York", "America/New_York"),
        ("Munich", "Europe/Berlin"),
        ("são paulo", "America/Sao_Paulo"),
        ("Zürich", "Europe/Zurich"),
        ("UTC", "UTC"),
        ("GMT", "UTC"),
        ("UTC+2", "Etc/GMT-2"),
        ("+02:00", "Etc/GMT-2"),
        ("GMT-5", "Etc/GMT+5"),
        ("EST", "America/New_York"),
        ("Pacific time", "America/Los_Angeles"),
        ("Москва", "Europe/Moscow"),
        ("Варшава", "Europe/Warsaw"),
        ("Nueva York", "America/New_York"),
        ("القاهرة", "Africa/Cairo"),
    ],
)
def test_a_place_or_an_offset_is_a_zone(text: str, zone: str) -> None:
    assert find_zone(text) == zone


def test_a_misspelt_place_is_answered_with_the_nearest() -> None:
    with pytest.raises(Told) as told:
        find_zone("Berlinn")
    near = told.value.say.facts["near"]
    assert isinstance(near, tuple)
    assert near[0] == "Europe/Berlin"


def test_nonsense_is_told() -> None:
    with pytest.raises(Told) as told:
        find_zone("qqqqqqq")
    assert told.value.say.key == "when.no_such_zone"


def test_every_zone_with_a_button_exists() -> None:
    assert all(is_zone(zone) for zone in OFFERED)
    assert set(FIRST_OFFERED) <= set(OFFERED)
    assert not is_zone("Europe/Atlantis")
    assert not is_zone("../etc/passwd")
