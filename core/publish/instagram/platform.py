"""Instagram: reels through Instagram Login and resumable upload. Facts and sources:
developers.facebook.com/documentation/instagram-platform, as of November 2026.

A container is invisible and may be made again; `media_publish` is the one dangerous call, and it
can fail in the answer while it succeeds on Instagram. So its outcome is read from the container,
and it is only repeated with the same container, after that one was seen unpublished twice.

Quality: sign-in renewal: done · resume of uploads: done · live quota before each post: done ·
usage headers obeyed: done · `video_url` where uploads are not taken: done, with a public address ·
stories and carousels: not yet.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import aiohttp
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from core.publish.base import Platform
from core.publish.choices import Choice
from core.publish.errors import Fix, PlatformError, SignIn, Unknown, Wait
from core.publish.figures import Figures
from core.publish.grant import Grant, Profile
from core.publish.hand import Hand, Tell
from core.publish.hooks import Hint, NotSigned, header, is_signed
from core.publish.instagram import sign_in
from core.publish.instagram.app import App
from core.publish.instagram.container import Container
from core.publish.instagram.errors import container_failed
from core.publish.instagram.evidence import SETTLE_S, found_live, twice_unpublished
from core.publish.instagram.insights import INSIGHTS, read_figures
from core.publish.instagram.room import need_room
from core.publish.instagram.wire import Graph
from core.publish.media import MediaSpec
from core.publish.outcome import Lost, NotThere, NotYet, Outcome, Seen
from core.publish.post import Limits, Post
from core.publish.practice_room import app_of
from core.publish.quotas import DAY, Quota
from core.say import Say, say
from core.settings import Section, Settings


class Instagram(Platform):
    """Instagram as the rest of the house knows it."""

    name, title = "instagram", "Instagram"
    limits = Limits(
        caption_utf16=2200,
        min_s=3,
        max_s=900,
        hashtags=5,
        media=MediaSpec(
            containers=("mov",),
            codecs=("h264", "hevc"),
            pixels=("yuv420p", "yuvj420p"),
            fps=(23, 60),
            sides=(1, 1920),
            bps=25_000_000,
            size_b=300_000_000,
            sounds=("aac",),
            sound_hz=48_000,
            sound_channels=2,
            index_first=True,
        ),
    )
    scopes = ("instagram_business_basic", "instagram_business_content_publish")
    # Containers are counted by us; how many posts are left is asked live.
    quotas = (Quota("container", "instagram_containers", 400, DAY),)
    live_rules = ("instagram_daily",)
    # Paid partnerships can be named only through Facebook Login, which this is not.
    choices = (
        Choice("reels_only", True, "reels_only", 0, "account"),
        Choice("ai", True, "ai", 0),
    )

    class Config(Section):
        """The app's *Instagram* id and secret (not the Facebook app's); the practice Instagram when
        there is none."""

        model_config = SettingsConfigDict(**{**Section.model_config, "env_prefix": "INSTAGRAM_"})

        app_id: str = ""
        app_secret: SecretStr = SecretStr("")
        auth_root: str = "https://www.instagram.com"
        api_root: str = "https://api.instagram.com"
        graph_root: str = "https://graph.instagram.com"
        upload_root: str = "https://rupload.facebook.com"
        verify_token: SecretStr = SecretStr("")
        """Of your choice; the same as in the webhook settings of the app."""
        version: str = "v25.0"
        """Graph versions end after about two years."""
        insights: bool = False
        """Ask for views and shares when signing in; the app must have that permission."""

    def __init__(self, settings: Settings) -> None:
        config = self.Config()
        self._practice = not config.app_id
        self._app = app_of(App, settings, self.name, config)
        self._asks = (*self.scopes, INSIGHTS) if self._practice or config.insights else self.scopes
        self._version = config.version
        self._verify_token = config.verify_token.get_secret_value()

    @property
    def practice(self) -> bool:
        return self._practice

    def reaches_back(self, address: str) -> bool:
        """A server of this machine leads back to anywhere; the real one only to https."""
        return address.startswith("https:") or not self._app.auth_root.startswith("https:")

    def missing(self) -> Say | None:
        if self._practice:
            return None if self._app.graph_root else say("publish.no_practice")
        return (
            None if self._app.app_secret else say("publish.no_secret", name="INSTAGRAM_APP_SECRET")
        )

    # ── signing in ─────────────────────────────────────────────────────────────────────────────

    def sign_in_address(self, redirect_uri: str, state: str, verifier: str) -> str:
        return sign_in.address(self._app, self._asks, redirect_uri, state)

    async def exchange(
        self,
        http: aiohttp.ClientSession,
        code: str,
        redirect_uri: str,
        verifier: str,
        now: datetime,
    ) -> Grant:
        return await sign_in.exchange(self._app, self._wire(http), code, redirect_uri, now)

    async def refresh(self, http: aiohttp.ClientSession, grant: Grant, now: datetime) -> Grant:
        return await sign_in.refresh(self._app, self._wire(http), grant, now)

    def due_for_refresh(self, grant: Grant, now: datetime) -> bool:
        return sign_in.due(grant, now)

    async def profile(self, http: aiohttp.ClientSession, grant: Grant) -> Profile:
        found = await self._wire(http, grant).get("me", {"fields": "user_id,username,name"})
        # `user_id` is the professional account that paths want; `id` is only the app's view of it.
        remote_id = str(found.get("user_id") or found.get("id") or grant.remote_id)
        return Profile(remote_id, str(found.get("username") or remote_id))

    # ── posting ────────────────────────────────────────────────────────────────────────────────

    def may_post(self, scopes: tuple[str, ...], settings: Mapping[str, Any]) -> Say | None:
        needed = "instagram_business_content_publish"
        return (
            say("publish.scope_missing", scope=needed) if scopes and needed not in scopes else None
        )

    def declared(self, settings: Mapping[str, Any]) -> tuple[Say, ...]:
        return (say("instagram.label_ai"),) if settings.get("ai") else ()

    async def prepare(self, post: Post, hand: Hand) -> bool:
        graph = self._wire(hand.http, hand.grant, hand)
        if (missing := self.may_post(hand.grant.scopes, post.settings)) is not None:
            raise SignIn(missing, "10")
        container = Container.held(hand)
        state = "" if container is None else await container.state(graph, hand)
        if state == "PUBLISHED":
            return False
        if container is None or not state or container.given_up(hand):
            await need_room(graph, hand)
            way: Literal["bytes", "url"] = "url" if "no_upload" in hand.refs else "bytes"
            container = await self._create(graph, post, hand, way)
        if not container.filled(hand) and state != "FINISHED":
            container = await self._fill(graph, container, post, hand)
        if not await container.ready(graph, hand):
            return False
        await need_room(graph, hand)
        return True

    async def _fill(self, graph: Graph, container: Container, post: Post, hand: Hand) -> Container:
        """Send the file; where Instagram does not take it that way, let it be fetched."""
        root = f"{self._app.upload_root}/ig-api-upload/{self._version}"
        try:
            await container.fill(graph, root, post, hand)
        except Fix as wrong:
            if wrong.code != "no_upload" or not post.address:
                raise
            await hand.note("no_upload", "1")
            return await self._create(graph, post, hand, "url")
        return container

    async def _create(
        self, graph: Graph, post: Post, hand: Hand, way: Literal["bytes", "url"]
    ) -> Container:
        last_ms = max(0, int(post.duration_s * 1000) - 1)
        form = {
            "media_type": "REELS",
            "caption": post.caption,
            "share_to_feed": "false" if post.settings.get("reels_only") else "true",
            "thumb_offset": str(min(post.cover_ms, last_ms)),
        }
        form |= {"upload_type": "resumable"} if way == "bytes" else {"video_url": post.address}
        if post.settings.get("ai"):
            form["is_ai_generated"] = "true"
        await hand.spend("container")
        made = await graph.post(f"{hand.grant.remote_id}/media", form)
        if not made.get("id"):
            raise Wait(say("publish.strange_answer", call="media"), 30)
        container = Container(str(made["id"]), hand.now(), way)
        await container.keep(hand)
        return container

    async def commit(self, post: Post, hand: Hand) -> None:
        graph, container = self._wire(hand.http, hand.grant, hand), Container.held(hand)
        assert container is not None, "prepare keeps one"
        hand.ours()
        form = {"creation_id": container.id}
        found = await graph.publish(f"{hand.grant.remote_id}/media_publish", form)
        if not found.get("id"):
            raise Unknown(say("publish.no_answer"))
        await hand.note("media_id", str(found["id"]))

    async def look(self, post: Post, hand: Hand, *, asked: int) -> Outcome:
        if "media_id" in hand.refs:
            remote_id = hand.refs["media_id"]
            return Seen("public", remote_id, await self.link(hand, remote_id))
        container = Container.held(hand)
        if container is None:
            return Lost(say("instagram.forgotten"))
        graph = self._wire(hand.http, hand.grant, hand)
        code, status = await graph.container(container.id)
        if code == "PUBLISHED":
            return await found_live(graph, post, hand)
        if code == "ERROR":
            return NotThere(container_failed(code, status))
        if code == "FINISHED":
            return await twice_unpublished(hand)
        # EXPIRED proves nothing here: whether a published container keeps saying PUBLISHED after
        # its day is not documented. A code we do not know proves nothing either.
        return NotYet(SETTLE_S)

    async def link(self, hand: Hand, remote_id: str) -> str | None:
        graph = self._wire(hand.http, hand.grant, hand)
        try:
            found = await graph.get(remote_id, {"fields": "permalink"})
        except PlatformError:
            return None  # right after publishing it may lag; the post stands
        return str(found["permalink"]) if found.get("permalink") else None

    async def figures(
        self,
        http: aiohttp.ClientSession,
        grant: Grant,
        remote_ids: Sequence[str],
        tell: Tell,
        now: datetime,
    ) -> Mapping[str, Figures]:
        """Likes and comments are told to every sign-in, the rest to those with insights."""
        root, (post,) = f"{self._app.graph_root}/{self._version}", remote_ids
        return await read_figures(Graph(http, root, grant.access, tell), post, grant.scopes)

    def hides(self, scopes: tuple[str, ...]) -> Say | None:
        return None if INSIGHTS in scopes else say("figures.no_insights")

    def hints(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> tuple[Hint, ...]:
        """`X-Hub-Signature-256: sha256=…` over the bytes as they came: Meta signs the escaped form.
        There is no event for a reel that is out, so this says only that something happened."""
        kind, _, signed = header(headers, "X-Hub-Signature-256").partition("=")
        if kind != "sha256" or not is_signed(self._app.app_secret, raw, signed):
            raise NotSigned
        body = json.loads(raw)
        entries = body.get("entry") if isinstance(body, dict) else None
        named = [e for e in entries or () if isinstance(e, dict)]
        return tuple(Hint(str(e.get("id", ""))) for e in named)

    def challenge(self, query: Mapping[str, str]) -> str | None:
        ours = self._verify_token.encode()
        said = query.get("hub.verify_token", "").encode()
        fits = bool(ours) and hmac.compare_digest(ours, said)
        return query.get("hub.challenge") if fits and query.get("hub.mode") == "subscribe" else None

    def _wire(
        self, http: aiohttp.ClientSession, grant: Grant | None = None, hand: Hand | None = None
    ) -> Graph:
        root = f"{self._app.graph_root}/{self._version}"
        return Graph(http, root, grant.access if grant else "", hand.tell if hand else None)
