"""A short run of chaos, so that every change is held against it; `make chaos` has the long ones."""

from __future__ import annotations

import pytest

from tests.chaos.__main__ import row
from tests.chaos.result import Plan
from tests.chaos.run import run

SEED = 4


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_every_post_is_there_once_or_is_asked_about(database: str) -> None:
    if database == "postgresql":
        from tests.conftest import missing
        from tests.doubles.postgres import binaries

        if binaries() is None:
            missing("no PostgreSQL: neither on this machine nor as a wheel")
    plan = Plan(SEED, posts=12, workers=2, scale=15, every_s=2, each=1)
    result = await run(plan, database)
    print(row(database, result, 0.0))
    assert result.troubled >= plan.posts / 4 and result.kills >= 3, "there was hardly any"
    assert (result.doubled, result.lost, result.false, result.unasked) == (0,) * 4
    assert not result.stuck
