"""A workspace with an owner, clips and accounts, on a real database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.chat.message import ChatRef, Who
from core.clips.base import Span, Wish
from core.db import accounts, chats, people, videos
from core.db.videos import Clip
from core.framing.plan import Plan
from core.posting.grants import seal
from core.publish.grant import Grant
from core.publish.practice_room import write_practice
from core.render.rendered import Rendered
from core.say import say
from core.services import Services
from tests.handlers.talk import Talk

MakeClip = Callable[..., Awaitable[Clip]]
Connect = Callable[..., Awaitable[int]]


async def member(svc: Services, role: str, user_id: str, *, zone: str | None) -> Talk:
    """Somebody who came in with a code."""
    now = svc.clock.now()
    who = Who("web", user_id, user_id.title(), "en")
    async with svc.db.write() as tx:
        workspace = await people.first_workspace(tx) or await people.make_workspace(tx, "W", now)
        code = await people.make_invite(
            tx, svc.vault, workspace, role, by=None, now=now, life=timedelta(days=1)
        )
        assert await people.use_invite(tx, svc.vault, code, who, now)
    return Talk(svc, who, ChatRef("web", user_id), zone)


@pytest.fixture
async def chat(svc: Services) -> Talk:
    """The owner's conversation; their browser says they are in Berlin."""
    return await member(svc, "owner", "ana", zone="Europe/Berlin")


@pytest.fixture
def connect(svc: Services) -> Connect:
    """Connect an account, as a finished sign-in would."""

    async def connected(platform: str = "tiktok", *, practice: bool = True) -> int:
        now = svc.clock.now()
        grant = Grant("access", now + timedelta(days=60), "refresh", now + timedelta(days=300))
        async with svc.db.write() as tx:
            workspace = await people.first_workspace(tx)
            assert workspace is not None
            account = await accounts.keep_account(
                tx,
                workspace,
                platform,
                remote_id=f"{platform}-ana",
                username="ana",
                sealed=seal(svc.vault, grant),
                scopes=(),
                access_until=grant.access_until,
                refresh_until=grant.refresh_until,
                practice=practice,
                rules={"privacy": "PUBLIC_TO_EVERYONE"} if practice else {},
                now=now,
            )
        return account.id

    return connected


@pytest.fixture
def practice(svc: Services) -> None:
    """The practice platforms say where they are, as they do when they run."""
    roots = {"api_root": "http://127.0.0.1:9/tiktok", "auth_root": "http://127.0.0.1:9/tiktok"}
    tiktok = {"client_key": "key", "client_secret": "secret", **roots}
    roots = {f"{name}_root": "http://127.0.0.1:9/ig" for name in ("api", "graph", "upload", "auth")}
    instagram = {"app_id": "1", "app_secret": "secret", **roots}
    write_practice(svc.settings, {"tiktok": tiktok, "instagram": instagram})


@pytest.fixture
def make_clip(svc: Services, tmp_path: Path) -> MakeClip:
    """A finished clip of a source, as the media worker leaves it."""

    async def made(
        chat: Talk, title: str = "On pricing", *, rough: bool = False, **of_span: Any
    ) -> Clip:
        now = svc.clock.now()
        await chat.write("/start")
        file, cover = tmp_path / "c.mp4", tmp_path / "c.jpg"
        file.write_bytes(b"finished clip " * 1000)
        cover.write_bytes(b"cover")
        await svc.store.put(file, "clips/c.mp4")
        await svc.store.put(cover, "clips/c.jpg")
        async with svc.db.write() as tx:
            by = await people.find_member(tx, "web", chat.who.user_id)
            where = await chats.find_chat(tx, chat.where)
            assert by and where
            sha256 = "ab" * 32
            source = await videos.source_by_hash(tx, by.workspace_id, sha256)
            source = source or await videos.add_source(
                tx,
                by.workspace_id,
                by.id,
                sha256=sha256,
                size_b=5_000_000,
                name="Talk.mp4",
                media_key=f"in/{sha256}",
                now=now,
            )
            cut = await videos.add_cut(tx, source.id, where.id, by.id, Wish(), now)
            span = Span(3, 30, 71, (say("reason.question"),), title, f"{title}. #talk", ("talk",))
            span = replace(span, **of_span)
            clip_id = await videos.add_clip(tx, cut, 1, span, captions=True, rough=rough, now=now)
            await videos.set_cut(tx, cut.id, state="done", planned=1, done_at=now)
            rendered = Rendered(
                file, cover, 1080, 1920, 27.0, file.stat().st_size, Plan("9:16", ()), (), ()
            )
            await videos.keep_render(
                tx,
                clip_id,
                rendered,
                format="9:16",
                media_key="clips/c.mp4",
                cover_key="clips/c.jpg",
                sha256=sha256,
                took_s=1.0,
                now=now,
            )
            await videos.edit_clip(tx, clip_id, state="ready")
            clip = await videos.clip(tx, clip_id)
            from core.cards.clip import clip_card
            from core.db import outbox

            await outbox.say(tx, where.id, clip_card(clip), key=f"clip:{clip_id}", now=now)
        await chat.read()
        return clip

    return made
