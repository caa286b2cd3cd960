"""A sign-in ends while posts wait for it, and somebody connects the account in that very moment."""

from __future__ import annotations

import asyncio

from core.db import accounts
from core.say import say
from tests.doubles.bench import Bench


async def test_a_post_is_never_left_waiting_for_an_account_that_is_connected(bench: Bench) -> None:
    await bench.connect("instagram")
    for n in range(6):
        await bench.posting.schedule(bench.clip_id, None, bench.by, key=f"k{n}")
        target = (await bench.targets())[-1]
        await bench.act("instagram", "revoke")

        async def again(after_s: float) -> None:
            await asyncio.sleep(after_s)
            await bench.connect("instagram")

        await asyncio.gather(bench.posting.advance(target), again(n * 0.005))
        await bench.run_until("published", hurry_s=20)
    assert len(await bench.ledger()) == 6


async def test_an_old_sign_in_that_is_refused_does_not_end_the_new_one(bench: Bench) -> None:
    account = await bench.connect("tiktok")
    bench.clock.hurry(2 * 3600)
    async with bench.db.read() as tx:
        old = await accounts.grant(tx, account)
    await bench.connect("tiktok")  # while somebody still renews the one before
    over = say("publish.signed_out", platform="TikTok")
    async with bench.db.write() as tx:
        await accounts.sign_out(tx, account, old.version, over)
        await accounts.keep_grant(tx, account, old.version, "stale", None, None)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("published") == ["published"]
