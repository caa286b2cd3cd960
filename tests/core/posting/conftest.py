"""A bench for posting, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.db.session import Database
from core.settings import Settings
from tests.doubles.bench import Bench, HurryingClock, make_clip_file, open_bench


@pytest.fixture(scope="session")
def clip_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip_file(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture
def hurrying() -> HurryingClock:
    return HurryingClock()


@pytest.fixture
async def bench(
    settings: Settings, db: Database, hurrying: HurryingClock, clip_file: Path
) -> AsyncIterator[Bench]:
    """The practice platforms and a clip that is ready to go."""
    async with open_bench(settings, db, hurrying, clip_file) as made:
        yield made
