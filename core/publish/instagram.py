"""Instagram: reels through Instagram Login and resumable upload. Facts and sources:
developers.facebook.com/documentation/instagram-platform, as of November 2026.

A container is invisible and may be made again; `media_publish` is the one dangerous call, and it
can fail in the answer while it succeeds on Instagram. So its outcome is read from the container,
and it is only repeated with the same container, after that one was seen unpublished twice.

Quality: sign-in renewal: done · resume of uploads: done · live quota before each post: done ·
usage headers obeyed: done · `video_url` as a fallback for uploads: not yet, it needs a public
address · stories and carousels: not yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from core.publish.base import (
    Fix,
    Grant,
    Hand,
    Limits,
    NotThere,
    NotYet,
    Outcome,
    Platform,
    PlatformError,
    Post,
    Profile,
    Seen,
    SignIn,
    Stale,
    Unknown,
    Wait,
)
from core.publish.instagram_errors import container_failed
from core.publish.instagram_wire import Graph
from core.publish.practice_room import read_practice
from core.publish.wire import Part
from core.say import Say, say
from core.settings import Section, Settings

READY_PACE_S = (2.0,) * 5 + (10.0,) * 6 + (60.0,) * 30
CONTAINER_LIFE = timedelta(hours=23)
"""It expires 24 h after it was made."""
SETTLE_S = 60.0
"""After an unclear answer, before the container is asked once more."""
ROLL = timedelta(days=10)
YOUNGEST = timedelta(hours=24)
"""A long-lived token can be renewed only when it is a day old, and only while it lives."""
QUOTA_MARGIN = 1
PESSIMISTIC_QUOTA = 25


class Instagram(Platform):
    """One file for one platform."""

    name = "instagram"
    limits = Limits(caption_utf16=2200, min_s=3, max_s=900, size_b=300_000_000, hashtags=5)
    scopes = ("instagram_business_basic", "instagram_business_content_publish")

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
        version: str = "v25.0"
        """Graph versions end after about two years."""

    def __init__(self, settings: Settings) -> None:
        config = self.Config()
        self._practice = not config.app_id
        self._version = config.version
        if self._practice:
            room: Mapping[str, Any] = read_practice(settings).get(self.name, {})
            self._id, self._secret = room.get("app_id", ""), room.get("app_secret", "")
            roots = [
                room.get(k, "") for k in ("auth_root", "api_root", "graph_root", "upload_root")
            ]
        else:
            self._id, self._secret = config.app_id, config.app_secret.get_secret_value()
            roots = [config.auth_root, config.api_root, config.graph_root, config.upload_root]
        self._auth, self._api, self._graph, self._upload = (r.rstrip("/") for r in roots)

    @property
    def practice(self) -> bool:
        return self._practice

    def missing(self) -> Say | None:
        if self._practice:
            return None if self._graph else say("publish.no_practice")
        return None if self._secret else say("publish.no_secret", name="INSTAGRAM_APP_SECRET")

    # ── signing in ─────────────────────────────────────────────────────────────────────────────

    def sign_in_address(self, redirect_uri: str, state: str, verifier: str) -> str:
        query = {
            "client_id": self._id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": ",".join(self.scopes),
            "state": state,
        }
        return f"{self._auth}/oauth/authorize?{urlencode(query)}"

    async def exchange(
        self,
        http: aiohttp.ClientSession,
        code: str,
        redirect_uri: str,
        verifier: str,
        now: datetime,
    ) -> Grant:
        graph = self._wire(http)
        form = {
            "client_id": self._id,
            "client_secret": self._secret,
            "grant_type": "authorization_code",
            "redirect_uri": redirect_uri,
            "code": code.removesuffix("#_"),
        }
        short = await graph.token(f"{self._api}/oauth/access_token", form)
        query = {
            "grant_type": "ig_exchange_token",
            "client_secret": self._secret,
            "access_token": short["access_token"],
        }
        long = await graph.exchange(f"{self._graph}/access_token", query)
        scopes = short.get("permissions") or ()
        named = scopes.split(",") if isinstance(scopes, str) else [str(s) for s in scopes]
        return _grant(long, now, tuple(named), str(short.get("user_id", "")))

    async def refresh(self, http: aiohttp.ClientSession, grant: Grant, now: datetime) -> Grant:
        query = {"grant_type": "ig_refresh_token", "access_token": grant.access}
        try:
            found = await self._wire(http).exchange(f"{self._graph}/refresh_access_token", query)
        except (Fix, Stale) as wrong:  # too young, too old, or revoked: only a person can mend it
            raise SignIn(say("publish.signed_out", platform="Instagram"), wrong.code) from wrong
        return _grant(found, now, grant.scopes, grant.remote_id)

    def due_for_refresh(self, grant: Grant, now: datetime) -> bool:
        if grant.access_until is None or grant.access_until <= now:
            return False  # an expired one cannot be renewed; the first call says so
        old_enough = grant.issued_at is None or now - grant.issued_at >= YOUNGEST
        return old_enough and grant.access_until - now < ROLL

    async def profile(self, http: aiohttp.ClientSession, grant: Grant) -> Profile:
        found = await self._wire(http, grant).get("me", {"fields": "user_id,username,name"})
        # `user_id` is the professional account that paths want; `id` is only the app's view of it.
        remote_id = str(found.get("user_id") or found.get("id") or grant.remote_id)
        return Profile(remote_id, str(found.get("username") or remote_id))

    # ── posting ────────────────────────────────────────────────────────────────────────────────

    async def prepare(self, post: Post, hand: Hand) -> None:
        graph = self._wire(hand.http, hand.grant, hand)
        await self._quota(graph, hand)
        state = await self._reusable(graph, hand)
        if state is None:
            await self._create(graph, post, hand)
            state = "NEW"
        if state != "FINISHED":
            if not hand.refs.get("uploaded"):
                await self._send(graph, post, hand)
            await self._until_ready(graph, hand)

    async def _quota(self, graph: Graph, hand: Hand) -> None:
        """Read at run time: the documents name 25, 50 and 100."""
        path = f"{hand.grant.remote_id}/content_publishing_limit"
        try:
            found = await graph.get(path, {"fields": "config,quota_usage"})
        except Unknown:
            return  # publishing itself will say so
        data = (found.get("data") or [{}])[0]
        total = int((data.get("config") or {}).get("quota_total") or PESSIMISTIC_QUOTA)
        used = int(data.get("quota_usage") or 0)
        if used > total - QUOTA_MARGIN:
            what = say("instagram.quota", used=used, total=total)
            raise Wait(what, 3600, "9/2207042", "instagram_daily")

    async def _reusable(self, graph: Graph, hand: Hand) -> str | None:
        """State of the container of an earlier try; None when a new one is needed. A container that
        was published is evidence, and left for `look`."""
        if "container" not in hand.refs:
            return None
        made_at = hand.refs.get("container_at")
        if not made_at or hand.now() - datetime.fromisoformat(made_at) > CONTAINER_LIFE:
            hand.refs.pop("uploaded", None)
            return None
        code, _ = await graph.container(hand.refs["container"])
        if code in ("ERROR", "EXPIRED"):
            hand.refs.pop("uploaded", None)
            return None
        return code

    async def _create(self, graph: Graph, post: Post, hand: Hand) -> None:
        form = {
            "media_type": "REELS",
            "upload_type": "resumable",
            "caption": post.caption,
            "share_to_feed": "true" if post.settings.get("share_to_feed", True) else "false",
            "thumb_offset": str(min(post.cover_ms, int(post.duration_s * 1000))),
        }
        if post.settings.get("ai"):
            form["is_ai_generated"] = "true"
        made = await graph.post(f"{hand.grant.remote_id}/media", form)
        if not made.get("id"):
            raise Wait(say("publish.strange_answer", call="media"), 30)
        hand.refs.pop("uploaded", None)
        await hand.note("container", str(made["id"]))
        await hand.note("container_at", hand.now().isoformat())
        if made.get("uri"):
            await hand.note("upload_url", str(made["uri"]))

    async def _send(self, graph: Graph, post: Post, hand: Hand) -> None:
        """All bytes; after a break, the rest."""
        container = hand.refs["container"]
        url = f"{self._upload}/ig-api-upload/{self._version}/{container}"
        offset = 0
        for attempt in range(4):
            rest = Part(post.file, offset, post.size_b - 1)
            if await graph.upload(url, rest, post.size_b):
                await hand.note("uploaded", str(post.size_b))
                return
            offset = await graph.uploaded_bytes(container)
            if offset >= post.size_b:
                await hand.note("uploaded", str(post.size_b))
                return
            await hand.sleep(0.5 * 2**attempt)
        raise Wait(say("publish.upload_stuck"), 60, "upload_stuck")

    async def _until_ready(self, graph: Graph, hand: Hand) -> None:
        for wait_s in READY_PACE_S:
            code, status = await graph.container(hand.refs["container"])
            if code in ("FINISHED", "PUBLISHED"):
                return
            if code in ("ERROR", "EXPIRED"):
                hand.refs.pop("uploaded", None)
                raise container_failed(code, status)
            await hand.sleep(wait_s)
        raise Wait(say("instagram.still_processing"), 300, "IN_PROGRESS")

    async def commit(self, post: Post, hand: Hand) -> None:
        graph = self._wire(hand.http, hand.grant, hand)
        form = {"creation_id": hand.refs["container"]}
        found = await graph.publish(f"{hand.grant.remote_id}/media_publish", form)
        if not found.get("id"):
            raise Unknown(say("publish.no_answer"))
        await hand.note("media_id", str(found["id"]))

    async def look(self, post: Post, hand: Hand, *, asked: int) -> Outcome:
        if "media_id" in hand.refs:
            remote_id = hand.refs["media_id"]
            return Seen("public", remote_id, await self.link(hand, remote_id))
        graph = self._wire(hand.http, hand.grant, hand)
        code, status = await graph.container(hand.refs["container"])
        if code == "PUBLISHED":
            return await self._found_live(graph, post, hand)
        if code == "ERROR":
            why = container_failed(code, status)
            return NotThere(why.say, why.code, repeat=True)
        if code == "FINISHED":
            return await self._twice_unpublished(hand)
        # EXPIRED proves nothing here: whether a published container keeps saying PUBLISHED after
        # its day is not documented. A code we do not know proves nothing either.
        return NotYet(SETTLE_S)

    async def _found_live(self, graph: Graph, post: Post, hand: Hand) -> Outcome:
        """It is live. Its id is adopted only when exactly one reel fits: newer than the intent and
        with our caption. Never simply the newest: somebody may have posted by hand."""
        query = {
            "fields": "id,caption,timestamp,media_product_type,permalink",
            "limit": "10",
        }
        try:
            listed = await graph.get(f"{hand.grant.remote_id}/media", query)
        except PlatformError:
            return Seen("public")
        fitting = [m for m in listed.get("data") or () if _is_ours(m, post, hand.intent_at)]
        if len(fitting) != 1:
            return Seen("public")
        await hand.note("media_id", str(fitting[0]["id"]))
        return Seen("public", str(fitting[0]["id"]), fitting[0].get("permalink"))

    @staticmethod
    async def _twice_unpublished(hand: Hand) -> Outcome:
        """Seen unpublished a second time, a minute after the first: then it did not happen."""
        first = hand.refs.get("seen_finished")
        now = hand.now()
        if first and now - datetime.fromisoformat(first) >= timedelta(seconds=SETTLE_S):
            hand.refs.pop("seen_finished", None)
            return NotThere(say("instagram.not_published"), "FINISHED", repeat=True)
        if not first:
            await hand.note("seen_finished", now.isoformat())
        return NotYet(SETTLE_S)

    async def link(self, hand: Hand, remote_id: str) -> str | None:
        graph = self._wire(hand.http, hand.grant, hand)
        try:
            found = await graph.get(remote_id, {"fields": "permalink"})
        except PlatformError:
            return None  # right after publishing it may lag; the post stands
        return str(found["permalink"]) if found.get("permalink") else None

    def _wire(
        self, http: aiohttp.ClientSession, grant: Grant | None = None, hand: Hand | None = None
    ) -> Graph:
        root = f"{self._graph}/{self._version}"
        return Graph(http, root, grant.access if grant else "", hand.tell if hand else None)


def _grant(raw: Mapping[str, Any], now: datetime, scopes: tuple[str, ...], remote_id: str) -> Grant:
    try:
        until = now + timedelta(seconds=float(raw["expires_in"]))
        return Grant(
            access=str(raw["access_token"]),
            access_until=until,
            refresh_until=until,
            scopes=scopes,
            remote_id=remote_id,
            issued_at=now,
        )
    except (KeyError, ValueError) as wrong:
        raise Unknown(say("publish.strange_answer", call="access_token")) from wrong


def _is_ours(media: Mapping[str, Any], post: Post, intent_at: datetime | None) -> bool:
    if media.get("media_product_type") != "REELS" or media.get("caption", "") != post.caption:
        return False
    try:
        at = datetime.strptime(str(media.get("timestamp")), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return False
    return intent_at is not None and at >= intent_at - timedelta(seconds=5)
