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

import asyncio
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from core.publish.base import Platform
from core.publish.choices import Choice
from core.publish.errors import Fix, PlatformError, SignIn, Stale, Unknown, Wait
from core.publish.figures import Figures, count
from core.publish.grant import Grant, Profile
from core.publish.hand import Hand, Tell
from core.publish.hooks import Hint, NotSigned, header, is_signed
from core.publish.instagram.container import Container
from core.publish.instagram.errors import GONE, container_failed
from core.publish.instagram.wire import Graph
from core.publish.media import MediaSpec
from core.publish.outcome import Lost, NotThere, NotYet, Outcome, Seen
from core.publish.post import Limits, Post
from core.publish.practice_room import read_practice
from core.publish.quotas import DAY, Quota
from core.say import Say, say
from core.settings import Section, Settings

SETTLE_S = 60.0
"""After an unclear answer, before the container is asked once more."""
ROLL = timedelta(days=10)
LONG_S = 60 * 86400.0
"""How long a long-lived token lives when the answer does not say."""
YOUNGEST = timedelta(hours=24)
"""A long-lived token can be renewed only when it is a day old, and only while it lives."""
QUOTA_MARGIN = 1
PESSIMISTIC_QUOTA = 25
"""Of posts in 24 hours, when the live number cannot be read."""
QUOTA_FRESH = timedelta(minutes=5)
REPEATS = 1
"""So often `media_publish` may be repeated, with the same container, after evidence that it did
not happen."""
_EXCHANGES = 3
INSIGHTS = "instagram_business_manage_insights"
METRICS = ("views", "likes", "comments", "shares")


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
        self._version = config.version
        self._asks = (*self.scopes, INSIGHTS) if self._practice or config.insights else self.scopes
        self._verify_token = config.verify_token.get_secret_value()
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

    def reaches_back(self, address: str) -> bool:
        """A server of this machine leads back to anywhere; the real one only to https."""
        return address.startswith("https:") or not self._auth.startswith("https:")

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
            "scope": ",".join(self._asks),
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
        long = await self._lasting(graph, query)
        scopes = short.get("permissions") or ()
        named = re.split(r"[,\s]+", scopes) if isinstance(scopes, str) else map(str, scopes)
        return _grant(long, now, tuple(s for s in named if s), str(short.get("user_id", "")))

    async def _lasting(self, graph: Graph, query: Mapping[str, str]) -> Mapping[str, Any]:
        """The code is used up and cannot be shown again, so a fault here is waited out."""
        for attempt in range(_EXCHANGES):
            try:
                return await graph.exchange(f"{self._graph}/access_token", query)
            except (Unknown, Wait):
                if attempt == _EXCHANGES - 1:
                    raise
                await asyncio.sleep(0.5 * 2**attempt)
        raise AssertionError("unreachable")

    async def refresh(self, http: aiohttp.ClientSession, grant: Grant, now: datetime) -> Grant:
        signed_out = say("publish.signed_out", platform="Instagram")
        lives = grant.access_until is None or grant.access_until > now
        if not lives or (grant.issued_at is not None and now - grant.issued_at < YOUNGEST):
            raise SignIn(signed_out, "190")  # too old or too young: only a person can mend it
        query = {"grant_type": "ig_refresh_token", "access_token": grant.access}
        try:
            found = await self._wire(http).exchange(f"{self._graph}/refresh_access_token", query)
        except (Fix, Stale) as wrong:
            said = wrong.say if isinstance(wrong, Stale) else signed_out
            raise SignIn(said, wrong.code) from wrong
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
            await self._quota(graph, hand)
            way: Literal["bytes", "url"] = "url" if "no_upload" in hand.refs else "bytes"
            container = await self._create(graph, post, hand, way)
        if not container.filled(hand) and state != "FINISHED":
            container = await self._fill(graph, container, post, hand)
        if not await container.ready(graph, hand):
            return False
        await self._quota(graph, hand)
        return True

    async def _fill(self, graph: Graph, container: Container, post: Post, hand: Hand) -> Container:
        """Send the file; where Instagram does not take it that way, let it be fetched."""
        root = f"{self._upload}/ig-api-upload/{self._version}"
        try:
            await container.fill(graph, root, post, hand)
        except Fix as wrong:
            if wrong.code != "no_upload" or not post.address:
                raise
            await hand.note("no_upload", "1")
            return await self._create(graph, post, hand, "url")
        return container

    async def _quota(self, graph: Graph, hand: Hand) -> None:
        """Read at run time: the documents name 25, 50 and 100. Our own count is what is left when
        it cannot be read."""
        read_at = hand.refs.get("quota_at")
        if read_at and hand.now() - datetime.fromisoformat(read_at) < QUOTA_FRESH:
            return
        path = f"{hand.grant.remote_id}/content_publishing_limit"
        ours = await hand.used("post", DAY)
        try:
            found = await graph.get(path, {"fields": "config,quota_usage"})
        except (Unknown, Fix, Wait):
            found = {}
        data = (found.get("data") or [{}])[0]
        total = int((data.get("config") or {}).get("quota_total") or PESSIMISTIC_QUOTA)
        used = int(data.get("quota_usage") or 0) if found else ours.n
        if used >= total - QUOTA_MARGIN:
            what = say("instagram.quota", used=used, total=total)
            raise Wait(what, _frees_in_s(hand, ours.frees_at), "9/2207042", "instagram_daily")
        await hand.note("quota_at", hand.now().isoformat())

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
            return await self._found_live(graph, post, hand)
        if code == "ERROR":
            return NotThere(container_failed(code, status))
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
        """Seen unpublished a second time, a minute after the first and after the call: then it did
        not happen. It is repeated once, with the same container."""
        now, noted = hand.now(), hand.refs.get("seen_finished")
        first = datetime.fromisoformat(noted) if noted else None
        if first is None or (hand.intent_at is not None and first < hand.intent_at):
            await hand.note("seen_finished", now.isoformat())
            return NotYet(SETTLE_S)
        if now - first < timedelta(seconds=SETTLE_S):
            return NotYet(SETTLE_S)
        repeated = int(hand.refs.get("repeated", "0"))
        if repeated >= REPEATS:
            return NotThere(Fix(say("instagram.not_published"), "FINISHED"), keep=True)
        await hand.note("repeated", str(repeated + 1))
        return NotThere(Wait(say("instagram.not_published"), 2, "FINISHED"), keep=True)

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
        graph, (post,) = (
            Graph(http, f"{self._graph}/{self._version}", grant.access, tell),
            remote_ids,
        )
        try:
            if INSIGHTS in grant.scopes:
                found = await graph.get(f"{post}/insights", {"metric": ",".join(METRICS)})
                return {post: _insights(found)}
            found = await graph.get(post, {"fields": "like_count,comments_count"})
        except PlatformError as wrong:
            if wrong.code in GONE:  # taken away by hand
                return {}
            raise
        likes, comments = (count(found.get(f"{what}_count")) for what in ("like", "comments"))
        return {post: Figures(likes=likes, comments=comments)}

    def hides(self, scopes: tuple[str, ...]) -> Say | None:
        return None if INSIGHTS in scopes else say("figures.no_insights")

    def hints(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> tuple[Hint, ...]:
        """`X-Hub-Signature-256: sha256=…` over the bytes as they came: Meta signs the escaped form.
        There is no event for a reel that is out, so this says only that something happened."""
        kind, _, signed = header(headers, "X-Hub-Signature-256").partition("=")
        if kind != "sha256" or not is_signed(self._secret, raw, signed):
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
        root = f"{self._graph}/{self._version}"
        return Graph(http, root, grant.access if grant else "", hand.tell if hand else None)


def _grant(raw: Mapping[str, Any], now: datetime, scopes: tuple[str, ...], remote_id: str) -> Grant:
    if not raw.get("access_token"):
        raise Unknown(say("publish.strange_answer", call="access_token"))
    lives = str(raw.get("expires_in") or "")
    until = now + timedelta(seconds=float(lives) if lives.isdigit() else LONG_S)
    return Grant(
        access=str(raw["access_token"]),
        access_until=until,
        refresh_until=until,
        scopes=scopes,
        remote_id=remote_id,
        issued_at=now,
    )


def _insights(found: Mapping[str, Any]) -> Figures:
    """A metric without a value yet has no entry, or an empty one."""
    told = {}
    for metric in found.get("data") or ():
        values = metric.get("values") or [{}]
        told[str(metric.get("name"))] = count(values[0].get("value"))
    return Figures(*(told.get(name) for name in METRICS))


def _frees_in_s(hand: Hand, frees_at: datetime | None) -> float:
    """Until the oldest of our own posts leaves the window; an hour when others used it up."""
    if frees_at is None:
        return 3600.0
    return max(60.0, (frees_at - hand.now()).total_seconds() + 1)


def _is_ours(media: Mapping[str, Any], post: Post, intent_at: datetime | None) -> bool:
    if media.get("media_product_type") != "REELS" or media.get("caption", "") != post.caption:
        return False
    try:
        at = datetime.strptime(str(media.get("timestamp")), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return False
    return intent_at is not None and at >= intent_at - timedelta(seconds=5)
