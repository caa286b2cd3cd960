"""A short run of chaos, so that every change is held against it; `make chaos` has the long ones."""

from __future__ import annotations

import pytest

from tests.chaos.__main__ import row
from tests.chaos.run import run
from tests.chaos.world import Plan

SEED = 4


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_every_post_is_there_once_or_is_asked_about(database: str) -> None:
    if database == "postgresql":
        from tests.conftest import missing
        from tests.doubles.postgres import binaries

        if binaries() is None:
            missing("no PostgreSQL: neither on this machine nor as a wheel")
    result = await run(Plan(SEED, posts=12, workers=2, scale=20, every_s=12), database)
    print(row(database, result))
    assert sum(result.met.values()) > 5, "there was hardly any trouble"
    # How long a post waits depends on the machine here: the long runs look at that too.
    assert (result.doubled, result.lost, result.false, result.unasked) == (0,) * 4
