"""A finished clip, a person, and practice platforms to post to."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import func, select
from yarl import URL

from core.chat.message import ChatRef, Who
from core.chat.registry import Asker
from core.checks.check import Check
from core.clips.base import Span, Wish
from core.clock import Clock, SystemClock
from core.db import chats, people, videos
from core.db.session import Database
from core.db.tables import FigureRow, OutboxRow, TargetRow
from core.framing.plan import Plan
from core.i18n.catalog import Catalog
from core.jobs.jobs import Jobs
from core.media.ffmpeg import find
from core.media.receive import sha256_of
from core.media.store import open_store
from core.posting.fitting import PROVEN
from core.posting.posting import Posting
from core.practice.serve import Around, practising
from core.render.rendered import Rendered
from core.say import say_from_json
from core.secrets import Vault
from core.settings import Settings


def make_clip_file(out: Path) -> Path:
    """Four seconds that every platform accepts."""
    exe = find(Settings(_env_file=None))  # type: ignore[call-arg]
    subprocess.run(
        [
            exe,
            *("-v", "error", "-f", "lavfi", "-i", "testsrc2=s=540x960:r=30:d=4"),
            *("-f", "lavfi", "-i", "sine=440:r=48000:d=4", "-ac", "2", "-shortest"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"),
            *("-movflags", "+faststart+negative_cts_offsets", "-use_editlist", "0", str(out)),
        ],
        check=True,
    )
    return out


@dataclass
class Bench:
    """Everything a test of posting holds in its hands."""

    db: Database
    posting: Posting
    jobs: Jobs
    by: Asker
    clip_id: int
    practice: str
    http: aiohttp.ClientSession
    clock: Any
    accounts: list[int] = field(default_factory=list)

    async def connect(self, platform: str, name: str = "ana.makes") -> int:
        """Sign in through the real redirect, as a browser would."""
        address = await self.posting.connect_link(platform, self.by)
        async with self.http.get(address) as page:
            assert page.status == 200, await page.text()
        query = dict(URL(address).query)
        form = {**query, "account": name, "answer": "allow"}
        async with self.http.post(address, data=form, allow_redirects=False) as back:
            assert back.status == 302
            found = URL(back.headers["Location"]).with_fragment(None)
        account = await self.posting.finish_sign_in(dict(found.query), platform)
        self.accounts.append(account.id)
        return account.id

    async def fault(
        self, platform: str, call: str, fault: str, times: int = 1, after: int = 0
    ) -> None:
        body = {"platform": platform, "call": call, "fault": fault, "times": times, "after": after}
        async with self.http.post(f"{self.practice}/faults", json=body) as answer:
            assert answer.status == 200

    async def act(self, platform: str, do: str, account: str = "ana.makes") -> None:
        body = {"platform": platform, "account": account, "do": do}
        async with self.http.post(f"{self.practice}/act", json=body) as answer:
            assert answer.status == 200

    async def expire(self, token: str) -> None:
        """One access token ends now."""
        async with self.http.post(f"{self.practice}/act", json={"token": token}) as answer:
            assert answer.status == 200

    async def ledger(self) -> list[dict[str, Any]]:
        async with self.http.get(f"{self.practice}/ledger.json") as answer:
            return await answer.json()

    async def states(self) -> list[str]:
        async with self.db.read() as tx:
            return list(await tx.scalars(select(TargetRow.state).order_by(TargetRow.id)))

    async def targets(self) -> list[int]:
        async with self.db.read() as tx:
            return list(await tx.scalars(select(TargetRow.id).order_by(TargetRow.id)))

    async def run_until(
        self,
        *final: str,
        within_s: float = 40,
        hurry_s: float = 1.0,
        at_least: tuple[str, int] = ("", 0),
    ) -> list[str]:
        """Advance everything that is due until all targets are in one of these states, and at least
        so many in one of them."""
        async with asyncio.timeout(within_s):
            while True:
                states = await self.states()
                enough = states.count(at_least[0]) >= at_least[1]
                if all(s in final for s in states) and enough:
                    return states
                for target in await self.targets():
                    await self.posting.advance(target)
                await asyncio.sleep(0)
                self.clock.hurry(max(hurry_s, await self._idle_s(final)))

    async def _idle_s(self, final: tuple[str, ...]) -> float:
        """Until the next step of any target that is not through: a day is not walked through."""
        async with self.db.read() as tx:
            due = await tx.scalar(
                select(func.min(TargetRow.due_at)).where(TargetRow.state.not_in(final))
            )
        return (due - self.clock.now()).total_seconds() if due is not None else 0.0

    async def readings(self) -> list[FigureRow]:
        """How posts fared, oldest first."""
        async with self.db.read() as tx:
            return list(await tx.scalars(select(FigureRow).order_by(FigureRow.id)))

    async def said(self) -> list[str]:
        async with self.db.read() as tx:
            rows = await tx.scalars(select(OutboxRow.body_json).order_by(OutboxRow.id))
            return [raw["text"][0]["key"] for raw in rows]

    async def texts(self) -> list[str]:
        """What the chat was told, in English."""
        words = Catalog.load()
        async with self.db.read() as tx:
            rows = await tx.scalars(select(OutboxRow.body_json).order_by(OutboxRow.id))
            return [" ".join(words.text(say_from_json(t)) for t in raw["text"]) for raw in rows]


class HurryingClock(SystemClock):
    """The real time, plus what a test skips of the waiting."""

    def __init__(self, ahead_s: float = 0.0) -> None:
        self.ahead_s = ahead_s

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead_s)

    def hurry(self, seconds: float = 1.0) -> None:
        self.ahead_s += seconds

    async def sleep(self, seconds: float) -> None:
        self.ahead_s += seconds
        await asyncio.sleep(0)


@asynccontextmanager
async def open_bench(
    settings: Settings,
    db: Database,
    clock: Clock,
    clip_file: Path,
    *,
    jobs: Jobs | None = None,
    around: Around | None = None,
) -> AsyncIterator[Bench]:
    """The practice platforms and a clip that is ready to go. `around` is put around every call they
    get."""
    vault, store, now = Vault(settings), open_store(settings), clock.now()
    sha256 = await sha256_of(clip_file)
    await store.put(clip_file, f"clips/{sha256}.mp4")
    async with (
        practising(settings, clock=clock, around=around) as base,
        Jobs.open(settings, db) as own_jobs,
        aiohttp.ClientSession() as http,
    ):
        jobs = jobs or own_jobs
        posting = Posting(
            db=db, vault=vault, clock=clock, jobs=jobs, settings=settings, http=http, store=store
        )
        async with db.write() as tx:
            workspace = await people.make_workspace(tx, "w", now)
            life = timedelta(hours=1)
            code = await people.make_invite(
                tx, vault, workspace, "owner", by=None, now=now, life=life
            )
            member = await people.use_invite(tx, vault, code, Who("web", "1", "Ana"), now)
            assert member is not None
            chat = await chats.open_chat(tx, workspace, ChatRef("web", "1"), now)
            by = Asker(
                workspace, member.id, "owner", "Ana", chat.id, chat.where, "en", "Europe/Berlin"
            )
            clip_id = await _clip(tx, by, sha256, clip_file, now)
        yield Bench(db, posting, jobs, by, clip_id, base, http, clock)


async def _clip(tx: Any, by: Asker, sha256: str, file: Path, now: Any) -> int:
    source = await videos.add_source(
        tx,
        by.workspace_id,
        by.member_id,
        sha256="0" * 64,
        size_b=1,
        name="talk.mp4",
        media_key="in/x",
        now=now,
    )
    cut = await videos.add_cut(tx, source.id, by.chat_id, by.member_id, Wish(), now)
    span = Span(0.0, 4.0, 80.0, (), "On pricing", "What nobody tells you #pricing", ("pricing",))
    clip_id = await videos.add_clip(tx, cut, 1, span, captions=False, rough=False, now=now)
    checks = tuple(Check(name, True, "", "") for name in sorted(PROVEN))  # as a render of ours has
    plan, size_b = Plan("9:16", ()), file.stat().st_size
    rendered = Rendered(file, file, 540, 960, 4.0, size_b, plan, (), checks)
    await videos.keep_render(
        tx,
        clip_id,
        rendered,
        format="9:16",
        media_key=f"clips/{sha256}.mp4",
        cover_key="",
        sha256=sha256,
        took_s=1,
        now=now,
    )
    await videos.edit_clip(tx, clip_id, state="ready")
    return clip_id
