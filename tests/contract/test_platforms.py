"""What every platform promises, held by every platform there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.db import accounts, videos
from core.db.session import Database
from core.errors import Told
from core.i18n.catalog import Catalog
from core.practice.faults import ANY_CALL
from core.practice.serve import PLATFORMS
from core.publish.base import Platform, platform_classes
from core.publish.post import Post
from core.settings import Settings
from tests.doubles.bench import Bench, HurryingClock, make_clip_file, open_bench

NAMES = sorted(platform_classes())
WORDS = Catalog.load()
pytestmark = [
    pytest.mark.parametrize("db", [pytest.param("sqlite", id="sqlite")], indirect=True),
    pytest.mark.parametrize("name", NAMES),
]
DANGEROUS = {"tiktok": ("upload", 0), "instagram": ("media_publish", 0), "youtube": ("upload", 1)}
"""The call after which a post is there, and how many of the same name come before it."""


@pytest.fixture(scope="session")
def clip_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip_file(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture
async def bench(settings: Settings, db: Database, clip_file: Path) -> AsyncIterator[Bench]:
    async with open_bench(settings, db, HurryingClock(), clip_file) as made:
        yield made


def _post(platform: Platform, **other: object) -> Post:
    good: dict[str, object] = {
        "file": Path("clip.mp4"),
        "size_b": 5_000_000,
        "duration_s": 30.0,
        "width": 1080,
        "height": 1920,
        "caption": "What nobody tells you #pricing",
        "title": "On pricing",
        "settings": dict(platform.practice_rules),
    }
    return Post(**{**good, **other})  # type: ignore[arg-type]


async def test_a_dry_run_finds_what_would_be_refused(bench: Bench, name: str) -> None:
    platform = bench.posting.platform(name)
    assert not [p for p in platform.check(_post(platform)) if p.blocks]
    for wrong in (
        {"caption": "x" * (platform.limits.caption_utf16 + 1)},
        {"duration_s": platform.limits.max_s + 1},
        {"duration_s": platform.limits.min_s - 0.5},
    ):
        found = [p for p in platform.check(_post(platform, **wrong)) if p.blocks]
        assert found, wrong
        for problem in found:
            for language in WORDS.languages:
                assert "{" not in WORDS.text(problem.what, language)


async def test_it_goes_out_once_with_a_link_that_plays_it(bench: Bench, name: str) -> None:
    await bench.connect(name)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("published") == ["published"]
    for _ in range(3):  # a link may come a little later
        bench.clock.hurry(20)
        for target in await bench.targets():
            await bench.posting.advance(target)
    (post,) = await bench.posting.posts_of_clip(bench.clip_id)
    assert post.targets[0].url is not None
    async with bench.http.get(post.targets[0].url) as page:
        assert page.status == 200 and "<video" in await page.text()
    (entry,) = await bench.ledger()
    assert entry["caption"] == post.caption


async def test_a_lost_answer_to_the_dangerous_call_is_looked_up_not_repeated(
    bench: Bench, name: str
) -> None:
    await bench.connect(name)
    call, after = DANGEROUS[name]
    await bench.fault(name, call, "drop_after", after=after)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("published", hurry_s=20) == ["published"]
    assert len(await bench.ledger()) == 1


async def test_an_upload_that_breaks_off_goes_on_where_it_was(bench: Bench, name: str) -> None:
    await bench.connect(name)
    await bench.fault(name, "upload", "cut")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("published", hurry_s=5) == ["published"]
    (entry,) = await bench.ledger()
    assert entry["sha256"] in (await _clip_sha256(bench))


async def _clip_sha256(bench: Bench) -> str:
    async with bench.db.read() as tx:
        clip = await videos.clip(tx, bench.clip_id)
    assert clip.render is not None
    return clip.render.media_key


async def test_a_refused_sign_in_connects_nothing_and_is_told(bench: Bench, name: str) -> None:
    await bench.fault(name, "token", "code:400" if name == "instagram" else "code:invalid_grant")
    with pytest.raises(Told) as told:
        await bench.connect(name)
    assert told.value.say.key == "account.sign_in_failed"
    assert await bench.posting.accounts(bench.by.workspace_id) == ()


async def test_a_sign_in_that_is_taken_away_holds_the_post_until_it_is_back(
    bench: Bench, name: str
) -> None:
    account = await bench.connect(name)
    await bench.act(name, "revoke")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("held") == ["held"]
    async with bench.db.read() as tx:
        assert (await accounts.account(tx, account)).state == "signed_out"
    await bench.connect(name)
    assert await bench.run_until("published") == ["published"]
    assert len(await bench.ledger()) == 1


async def test_every_fault_it_names_can_be_asked_for(bench: Bench, name: str) -> None:
    practice = next(p for p in PLATFORMS if p.name == name)
    for call in practice.calls:
        for fault in (*practice.faults.get(call, {}), *ANY_CALL):
            await bench.fault(name, call, f"{fault}:1" if fault == "delay" else fault)
    async with bench.http.get(f"{bench.practice}/control") as page:
        assert f'<optgroup label="{name} {practice.calls[0]}">' in await page.text()


async def test_it_tells_how_posts_fare_and_the_numbers_only_grow(bench: Bench, name: str) -> None:
    account = await bench.connect(name)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    await bench.run_until("published")
    bench.clock.hurry(60)
    for target in await bench.targets():
        await bench.posting.advance(target)
    await bench.posting.sweep_figures()
    assert await bench.readings() == [], "it is a minute old"
    for hours in (1.1, 23, 48, 96):
        bench.clock.hurry(hours * 3600)
        await bench.posting.read_figures(account)
        await bench.posting.read_figures(account)  # a job may come twice
    read = await bench.readings()
    assert [r.age_h for r in read] == [1, 24, 72, 168]
    for what in ("views", "likes", "comments"):
        numbers = [n for r in read if (n := getattr(r, what)) is not None]
        assert numbers and numbers == sorted(numbers), what
    assert read[-1].views > read[0].views > 0


async def test_figures_of_a_sign_in_without_the_right_are_no_error(bench: Bench, name: str) -> None:
    few = {
        "tiktok": "user.info.basic,user.info.profile,video.publish",
        "instagram": "instagram_business_basic,instagram_business_content_publish",
        "youtube": "https://www.googleapis.com/auth/youtube",
    }[name]
    await bench.fault(name, "token", f"scope:{few}")
    account = await bench.connect(name)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    await bench.run_until("published")
    bench.clock.hurry(1.2 * 3600)
    await bench.posting.read_figures(account)
    (read,) = await bench.readings()
    hidden = bench.posting.platform(name).hides(tuple(few.split(",")))
    assert (read.views is None) == (hidden is not None)
    assert (read.likes is None) == (name == "tiktok")
    (seen,) = await bench.posting.accounts(bench.by.workspace_id)
    assert seen.state == "ok"
