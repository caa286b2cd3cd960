"""TikTok: direct posts and inbox drafts by file upload. Facts and sources: developers.tiktok.com,
Content Posting API and Login Kit, as of November 2026.

Nothing is visible before the last byte is uploaded, so all chunks but the last are preparation and
the last one is the commit. A lost answer is settled by asking for the status of the publish id.

Quality: sign-in renewal with rotation: done · resume of uploads: done (416 and 206 resync) ·
creator limits asked before each post: done · webhooks: not yet, polling is enough without a public
address · photos: not yet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

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
    Unknown,
    Wait,
)
from core.publish.practice_room import read_practice
from core.publish.tiktok_errors import fail_reason
from core.publish.tiktok_wire import Wire
from core.publish.wire import Part
from core.say import Say, Seconds, say
from core.settings import Section, Settings

ONE_CHUNK_B = 64_000_000
CHUNK_B = 10_000_000
"""Right whether `MB` means 10^6 or 2^20, which TikTok does not say."""
PACE_S = (5.0,) * 6 + (15.0,) * 20 + (120.0,) * 12
"""Between two looks at the status; afterwards every 15 minutes."""
LINK_WAITS_S = 24 * 3600
ROLL_S = timedelta(minutes=20)
"""An access token lives two hours; one that may end during an upload is renewed before it."""
IDLE_ROLL = timedelta(days=30)


def chunks(size_b: int) -> list[tuple[int, int]]:
    """First and last byte of every chunk. The last one takes the remainder and is the largest."""
    if size_b <= ONE_CHUNK_B:
        return [(0, size_b - 1)]
    n = size_b // CHUNK_B
    starts = [i * CHUNK_B for i in range(n)]
    return [(s, size_b - 1 if i == n - 1 else s + CHUNK_B - 1) for i, s in enumerate(starts)]


class TikTok(Platform):
    """One file for one platform."""

    name = "tiktok"
    limits = Limits(caption_utf16=2200, min_s=3, max_s=600, size_b=4_000_000_000)
    scopes = ("user.info.basic", "user.info.profile", "video.publish", "video.upload", "video.list")

    class Config(Section):
        """The app at developers.tiktok.com; the practice TikTok when there is no key."""

        model_config = SettingsConfigDict(**{**Section.model_config, "env_prefix": "TIKTOK_"})

        client_key: str = ""
        client_secret: SecretStr = SecretStr("")
        api_root: str = "https://open.tiktokapis.com"
        auth_root: str = "https://www.tiktok.com"

    PRIVACY: ClassVar[tuple[str, ...]] = (
        "PUBLIC_TO_EVERYONE",
        "FOLLOWER_OF_CREATOR",
        "MUTUAL_FOLLOW_FRIENDS",
        "SELF_ONLY",
    )

    def __init__(self, settings: Settings) -> None:
        config = self.Config()
        self._practice = not config.client_key
        room: Mapping[str, Any] = read_practice(settings).get(self.name, {})
        if self._practice:
            self._key, self._secret = room.get("client_key", ""), room.get("client_secret", "")
            self._api, self._auth = room.get("api_root", ""), room.get("auth_root", "")
        else:
            self._key = config.client_key
            self._secret = config.client_secret.get_secret_value()
            self._api, self._auth = config.api_root, config.auth_root
        self._api, self._auth = self._api.rstrip("/"), self._auth.rstrip("/")

    @property
    def practice(self) -> bool:
        return self._practice

    def missing(self) -> Say | None:
        if self._practice:
            return None if self._api else say("publish.no_practice")
        return None if self._secret else say("publish.no_secret", name="TIKTOK_CLIENT_SECRET")

    # ── signing in ─────────────────────────────────────────────────────────────────────────────

    def sign_in_address(self, redirect_uri: str, state: str, verifier: str) -> str:
        query = {
            "client_key": self._key,
            "response_type": "code",
            "scope": ",".join(self.scopes),
            "redirect_uri": redirect_uri,
            "state": state,
        }
        if _is_loopback(redirect_uri):  # a "Desktop" app: PKCE, with TikTok's hex challenge
            query["code_challenge"] = hashlib.sha256(verifier.encode()).hexdigest()
            query["code_challenge_method"] = "S256"
        return f"{self._auth}/v2/auth/authorize/?{urlencode(query)}"

    async def exchange(
        self,
        http: aiohttp.ClientSession,
        code: str,
        redirect_uri: str,
        verifier: str,
        now: datetime,
    ) -> Grant:
        form = {
            "client_key": self._key,
            "client_secret": self._secret,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
        }
        if _is_loopback(redirect_uri):
            form["code_verifier"] = verifier
        return self._grant(await self._wire(http).token(form), now)

    async def refresh(self, http: aiohttp.ClientSession, grant: Grant, now: datetime) -> Grant:
        form = {
            "client_key": self._key,
            "client_secret": self._secret,
            "grant_type": "refresh_token",
            "refresh_token": grant.refresh,
        }
        return self._grant(await self._wire(http).token(form), now)

    @staticmethod
    def _grant(raw: Mapping[str, Any], now: datetime) -> Grant:
        try:
            return Grant(
                access=str(raw["access_token"]),
                access_until=now + timedelta(seconds=float(raw["expires_in"])),
                refresh=str(raw["refresh_token"]),
                refresh_until=now + timedelta(seconds=float(raw["refresh_expires_in"])),
                scopes=tuple(s for s in str(raw.get("scope", "")).split(",") if s),
                remote_id=str(raw["open_id"]),
                issued_at=now,
            )
        except (KeyError, ValueError) as wrong:
            raise Unknown(say("publish.strange_answer", call="oauth/token")) from wrong

    def due_for_refresh(self, grant: Grant, now: datetime) -> bool:
        if grant.access_until is not None and grant.access_until - now < ROLL_S:
            return True
        until = grant.refresh_until
        return until is not None and until - now < IDLE_ROLL

    async def profile(self, http: aiohttp.ClientSession, grant: Grant) -> Profile:
        fields = "open_id,display_name,username"
        found = await self._wire(http, grant).get("/v2/user/info/", {"fields": fields})
        user = found.get("user") or {}
        username = str(user.get("username") or user.get("display_name") or grant.remote_id)
        return Profile(grant.remote_id, username)

    # ── posting ────────────────────────────────────────────────────────────────────────────────

    async def prepare(self, post: Post, hand: Hand) -> None:
        wire = self._wire(hand.http, hand.grant, hand)
        inbox = post.settings.get("mode") == "inbox"
        self._has_scope(hand.grant, "video.upload" if inbox else "video.publish")
        if "publish_id" not in hand.refs or await self._must_begin_anew(wire, hand):
            if not inbox:
                await self._allowed(wire, post)
            await self._init(wire, post, hand, inbox=inbox)
        for first, last in chunks(post.size_b)[:-1]:
            await self._send(wire, post, hand, first, last)

    @staticmethod
    def _has_scope(grant: Grant, scope: str) -> None:
        if grant.scopes and scope not in grant.scopes:
            raise SignIn(say("publish.scope_missing", scope=scope), "scope_not_authorized")

    async def _must_begin_anew(self, wire: Wire, hand: Hand) -> bool:
        """Whether an earlier upload can no longer be continued. Nothing of it was visible: an
        upload address lives one hour, and the publish id is asked before another is made."""
        began = hand.refs.get("init_at")
        if began and hand.now() - datetime.fromisoformat(began) < timedelta(minutes=50):
            hand.refs.setdefault("uploaded", "0")
            return False
        status, _ = await self._status(wire, hand)
        if status in ("PROCESSING_UPLOAD", "FAILED", ""):
            hand.refs.pop("uploaded", None)
            return True
        return False

    async def _allowed(self, wire: Wire, post: Post) -> None:
        """TikTok asks for a fresh look at what the creator may do before each post."""
        may = await wire.post("/v2/post/publish/creator_info/query/", {})
        most_s = float(may.get("max_video_post_duration_sec") or 600)
        if post.duration_s > most_s:
            length, limit = Seconds(post.duration_s), Seconds(most_s)
            raise Fix(say("publish.too_long_here", length=length, limit=limit))
        privacy = post.settings.get("privacy")
        options = tuple(str(o) for o in may.get("privacy_level_options") or ())
        if privacy not in options:
            raise Fix(
                say("publish.privacy_gone", wanted=str(privacy), options=options),
                "privacy_level_option_mismatch",
            )

    async def _init(self, wire: Wire, post: Post, hand: Hand, *, inbox: bool) -> None:
        parts = chunks(post.size_b)
        chunk_b = post.size_b if len(parts) == 1 else CHUNK_B
        body: dict[str, Any] = {
            "source_info": {
                "source": "FILE_UPLOAD",
                "video_size": post.size_b,
                "chunk_size": chunk_b,
                "total_chunk_count": len(parts),
            }
        }
        if not inbox:
            body["post_info"] = _post_info(post)
        path = "/v2/post/publish/inbox/video/init/" if inbox else "/v2/post/publish/video/init/"
        try:
            made = await wire.post(path, body)
        except Unknown:
            # Nothing shows before the last byte: an orphan expires, so one repeat is safe.
            made = await wire.post(path, body)
        if not made.get("publish_id") or not made.get("upload_url"):
            raise Unknown(say("publish.strange_answer", call="video/init"))
        await hand.note("publish_id", str(made["publish_id"]))
        await hand.note("upload_url", str(made["upload_url"]))
        await hand.note("init_at", hand.now().isoformat())
        await hand.note("uploaded", "0")

    async def _send(self, wire: Wire, post: Post, hand: Hand, first: int, last: int) -> None:
        """One chunk; what the server has already is not sent again."""
        for _ in range(6):
            have = int(hand.refs.get("uploaded", "0"))
            if have > last:
                return
            start = max(first, have)
            part = Part(post.file, start, last)
            have_now = await wire.put(hand.refs["upload_url"], part, post.size_b)
            if have_now is None:  # no answer: ask how far it got, and send only the rest
                _, have_now = await self._status(wire, hand)
            await hand.note("uploaded", str(max(have, have_now)))
        raise Wait(say("publish.upload_stuck"), 60, "upload_stuck")

    async def commit(self, post: Post, hand: Hand) -> None:
        wire = self._wire(hand.http, hand.grant, hand)
        first, last = chunks(post.size_b)[-1]
        start = max(first, int(hand.refs.get("uploaded", "0")))
        if start > last:
            return
        part = Part(post.file, start, last)
        have = await wire.put(hand.refs["upload_url"], part, post.size_b)
        if have is None:
            raise Unknown(say("publish.no_answer"))
        await hand.note("uploaded", str(have))
        if have <= last:  # it took less than was sent: the rest follows on the next look
            raise Unknown(say("publish.upload_short"))

    async def look(self, post: Post, hand: Hand, *, asked: int) -> Outcome:
        wire = self._wire(hand.http, hand.grant, hand)
        found = await wire.post(
            "/v2/post/publish/status/fetch/", {"publish_id": hand.refs["publish_id"]}
        )
        status = str(found.get("status", ""))
        if status == "FAILED":
            return fail_reason(str(found.get("fail_reason", "")))
        if status == "SEND_TO_USER_INBOX":
            return Seen("inbox")
        if status == "PUBLISH_COMPLETE":
            return await self._complete(post, hand, found)
        if status == "PROCESSING_UPLOAD":
            return await self._unfinished(post, hand, found)
        return NotYet(pace(asked))

    async def _complete(self, post: Post, hand: Hand, found: Mapping[str, Any]) -> Outcome:
        if post.settings.get("privacy") == "SELF_ONLY":
            return Seen("private")
        ids = post_ids(found)
        if not ids:  # moderation may take hours; the link follows by itself
            return Seen("public")
        return Seen("public", ids[0], await self.link(hand, ids[0]))

    async def _unfinished(self, post: Post, hand: Hand, found: Mapping[str, Any]) -> Outcome:
        """Evidence that the last byte is not there: nothing can have been published."""
        have = int(found.get("uploaded_bytes") or 0)
        await hand.note("uploaded", str(have))
        if have < post.size_b:
            return NotThere(say("publish.upload_unfinished"), "upload_unfinished", repeat=True)
        return NotYet(5)

    async def _status(self, wire: Wire, hand: Hand) -> tuple[str, int]:
        """Status and how many bytes arrived; ("", 0) for an id TikTok does not know any more."""
        try:
            found = await wire.post(
                "/v2/post/publish/status/fetch/", {"publish_id": hand.refs["publish_id"]}
            )
        except PlatformError as wrong:
            if wrong.code == "invalid_publish_id":
                return "", 0
            raise
        return str(found.get("status", "")), int(found.get("uploaded_bytes") or 0)

    async def link(self, hand: Hand, remote_id: str) -> str | None:
        """`share_url` of the video; it exists for public ones only."""
        wire = self._wire(hand.http, hand.grant, hand)
        try:
            found = await wire.post(
                "/v2/video/query/?fields=id,share_url", {"filters": {"video_ids": [remote_id]}}
            )
        except PlatformError:
            return None  # the post stands; the link follows later
        videos = found.get("videos") or []
        return str(videos[0]["share_url"]) if videos and videos[0].get("share_url") else None

    def _wire(
        self, http: aiohttp.ClientSession, grant: Grant | None = None, hand: Hand | None = None
    ) -> Wire:
        return Wire(http, self._api, grant.access if grant else "", hand.tell if hand else None)


def _is_loopback(address: str) -> bool:
    return urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1")


def _post_info(post: Post) -> dict[str, Any]:
    s = post.settings
    return {
        "title": post.caption,
        "privacy_level": s.get("privacy"),
        "disable_comment": not s.get("comments", True),
        "disable_duet": not s.get("duet", True),
        "disable_stitch": not s.get("stitch", True),
        "video_cover_timestamp_ms": post.cover_ms,
        "brand_content_toggle": bool(s.get("branded", False)),
        "brand_organic_toggle": bool(s.get("own_brand", False)),
        "is_aigc": bool(s.get("ai", False)),
    }


def pace(asked: int) -> float:
    """Seconds until the next look."""
    return PACE_S[asked] if asked < len(PACE_S) else 900.0


def post_ids(found: Mapping[str, Any]) -> list[str]:
    """The ids of the public post; TikTok misspells the field, and clients have seen strings."""
    raw = found.get("publicaly_available_post_id") or found.get("publicly_available_post_id") or []
    many = raw if isinstance(raw, list) else [raw]
    return [str(i) for i in many if str(i).strip()]
