"""What the platform offers at the moment of choosing, and what it is sent in the end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from core.db import accounts
from core.db.session import Database
from core.errors import Told
from core.publish.tiktok.choices import CHOICES
from core.settings import Settings
from tests.doubles.bench import Bench, HurryingClock, open_bench

pytestmark = pytest.mark.parametrize("db", [pytest.param("sqlite", id="sqlite")], indirect=True)
SENT: list[dict[str, Any]] = []


@web.middleware
async def _listen(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What is announced to TikTok, as it arrives there."""
    if request.path.endswith("/video/init/") and request.method == "POST":
        SENT.append(json.loads(await request.read()))
    return await handler(request)


@pytest.fixture
async def asked(settings: Settings, db: Database, clip_file: Path) -> AsyncIterator[Bench]:
    """A TikTok account without rules, as a real one has none, and one post of it."""
    SENT.clear()
    async with open_bench(settings, db, HurryingClock(), clip_file, around=_listen) as bench:
        account = await bench.connect("tiktok")
        async with bench.db.write() as tx:
            await accounts.set_account(tx, account, rules={"privacy": ""})
        await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
        yield bench


def _place(label: str) -> int:
    return next(n for n, c in enumerate(CHOICES) if c.label == label)


async def _press(bench: Bench, *labels: str) -> int:
    (target,) = await bench.targets()
    for label in labels:
        await bench.posting.choose(target, _place(label), bench.by)
    return target


async def test_what_the_account_does_not_allow_is_not_offered(asked: Bench) -> None:
    (target,) = await asked.targets()
    await asked.fault("tiktok", "creator_info", "private_account")
    await asked.fault("tiktok", "creator_info", "disabled")
    offer = (await asked.posting.panel(target, asked.by)).offer
    closed = {CHOICES[n].label for n in offer.closed}
    assert closed == {"everyone", "comments", "duet", "stitch"}
    assert offer.called == "Ana.Makes" and offer.notes[0].key == "tiktok.switched_off"


async def test_an_account_that_cannot_post_now_says_so_before_anything_is_chosen(
    asked: Bench,
) -> None:
    (target,) = await asked.targets()
    await asked.fault("tiktok", "creator_info", "code:spam_risk_too_many_posts")
    panel = await asked.posting.panel(target, asked.by)
    assert panel.offer.notes[0].key == "tiktok.wait_daily"
    await asked.fault("tiktok", "creator_info", "longest:3")
    panel = await asked.posting.panel(target, asked.by)
    assert panel.offer.notes[0].key == "publish.too_long_here"


async def test_nothing_is_sent_before_it_was_approved(asked: Bench) -> None:
    target = await _press(asked, "everyone")
    await asked.posting.advance(target)
    assert await asked.states() == ["draft"] and not SENT
    await asked.posting.approve(target, asked.by)
    assert await asked.run_until("published") == ["published"]
    info = SENT[0]["post_info"]
    assert info["privacy_level"] == "PUBLIC_TO_EVERYONE"
    assert info["disable_comment"] and info["disable_duet"] and info["disable_stitch"]
    assert not (info["brand_content_toggle"] or info["brand_organic_toggle"] or info["is_aigc"])


async def test_what_was_ticked_is_what_is_sent(asked: Bench) -> None:
    target = await _press(asked, "friends", "comments", "stitch", "branded", "ai")
    await asked.posting.approve(target, asked.by)
    await asked.run_until("published")
    info = SENT[0]["post_info"]
    assert info["privacy_level"] == "MUTUAL_FOLLOW_FRIENDS" and info["disable_duet"]
    assert not info["disable_comment"] and not info["disable_stitch"]
    assert info["brand_content_toggle"] and info["is_aigc"] and not info["brand_organic_toggle"]


async def test_an_audience_taken_back_stops_the_post(asked: Bench) -> None:
    target = await _press(asked, "everyone")
    await asked.posting.approve(target, asked.by)
    await _press(asked, "only_me", "branded")
    assert await asked.states() == ["draft"], "branded content is never private"
    with pytest.raises(Told, match="undecided"):
        await asked.posting.approve(target, asked.by)
