"""Who waits for whom where only one may work at a time."""

from __future__ import annotations

import asyncio

import pytest

from core.media.turns import in_line, my_turn


async def test_the_first_to_come_goes_first_however_long_it_prepares() -> None:
    went: list[int] = []

    async def one(n: int) -> None:
        async with in_line("picture"):
            await asyncio.sleep(0.03 * (3 - n))
            async with my_turn("picture"):
                went.append(n)

    await asyncio.gather(*(one(n) for n in range(3)))
    assert went == [0, 1, 2]


async def test_only_one_works_at_a_time_and_a_second_turn_is_at_the_end_of_the_line() -> None:
    went: list[str] = []
    inside = 0

    async def one(name: str, turns: int) -> None:
        nonlocal inside
        async with in_line("picture"):
            for _ in range(turns):
                async with my_turn("picture"):
                    inside += 1
                    await asyncio.sleep(0.01)
                    assert inside == 1
                    inside -= 1
                    went.append(name)

    await asyncio.gather(one("a", 2), one("b", 1), one("c", 1))
    assert went == ["a", "b", "c", "a"]


async def test_whoever_leaves_without_a_turn_holds_up_nobody() -> None:
    async def leaves() -> None:
        async with in_line("picture"):
            await asyncio.sleep(0.01)
            raise ValueError("no picture")

    async def is_cancelled() -> None:
        async with in_line("picture"), my_turn("picture"):
            await asyncio.sleep(60)

    gone = [asyncio.create_task(w) for w in (leaves(), is_cancelled())]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        after = asyncio.create_task(_goes())
        await asyncio.sleep(0.02)
        assert not after.done()
        gone[1].cancel()
        await after
    with pytest.raises(ValueError, match="no picture"):
        await gone[0]


async def _goes() -> None:
    async with my_turn("picture"):
        pass
