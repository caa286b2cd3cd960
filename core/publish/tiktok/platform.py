"""TikTok: direct posts and inbox drafts by file upload. Facts and sources: developers.tiktok.com,
Content Posting API and Login Kit, as of November 2026.

Nothing is visible before the last byte is uploaded, so all chunks but the last are preparation and
the last one is the commit. A lost answer is settled by asking for the status of the publish id.

Quality: sign-in renewal with rotation: done · resume of uploads: done (416 and 206 resync) ·
creator limits asked before each post: done · partial consent: done · webhooks:
done, they only speed things up · photos: not yet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import aiohttp
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from core.publish.base import Platform
from core.publish.choices import Offer
from core.publish.errors import PlatformError, SignIn, Unknown, Wait
from core.publish.figures import Figures, count
from core.publish.grant import Grant, Profile
from core.publish.hand import Hand, Tell
from core.publish.hooks import Hint, NotSigned, header, is_signed
from core.publish.media import MediaSpec
from core.publish.outcome import Lost, NotThere, NotYet, Outcome, Seen
from core.publish.post import Limits, Post, Problem, general_problems
from core.publish.practice_room import app_of
from core.publish.quotas import DAY, Quota
from core.publish.tiktok import choices as choosing
from core.publish.tiktok import sign_in
from core.publish.tiktok.app import App
from core.publish.tiktok.creator import allowed, post_info
from core.publish.tiktok.errors import FORGOTTEN, fail_reason
from core.publish.tiktok.evidence import pace, post_ids, unlisted
from core.publish.tiktok.upload import Upload, number, source_info
from core.publish.tiktok.wire import Wire
from core.say import Say, say
from core.settings import Section, Settings

SIGNATURE = "TikTok-Signature"
HOOK_LIFE_S = 300


class TikTok(Platform):
    """TikTok as the rest of the house knows it."""

    name, title = "tiktok", "TikTok"
    limits = Limits(
        caption_utf16=2200,
        min_s=3,
        max_s=600,
        logos=False,  # Content Sharing Guidelines: no watermark, logo or brand added by the app
        media=MediaSpec(
            codecs=("h264", "hevc", "vp8", "vp9"),
            fps=(23, 60),
            sides=(360, 4096),
            size_b=4_000_000_000,
        ),
    )
    scopes = ("user.info.basic", "user.info.profile", "video.publish", "video.upload", "video.list")
    quotas = (
        # six inits a minute for each token, some 15 posts a day per creator, and five drafts that
        # wait in the inbox
        Quota("post", "tiktok_daily", 15, DAY),
        Quota("draft", "tiktok_inbox", 5, DAY),
        Quota("init", "tiktok_rate", 6, timedelta(minutes=1)),
    )
    figures_at_once = 20
    choices = choosing.CHOICES
    practice_rules: ClassVar[Mapping[str, Any]] = {"privacy": "PUBLIC_TO_EVERYONE"}

    class Config(Section):
        """The app at developers.tiktok.com; the practice TikTok when there is no key."""

        model_config = SettingsConfigDict(**{**Section.model_config, "env_prefix": "TIKTOK_"})

        client_key: str = ""
        client_secret: SecretStr = SecretStr("")
        api_root: str = "https://open.tiktokapis.com"
        auth_root: str = "https://www.tiktok.com"

    def __init__(self, settings: Settings) -> None:
        config = self.Config()
        self._practice = not config.client_key
        self._app = app_of(App, settings, self.name, config)

    @property
    def practice(self) -> bool:
        return self._practice

    def missing(self) -> Say | None:
        if self._practice:
            return None if self._app.api_root else say("publish.no_practice")
        return (
            None
            if self._app.client_secret
            else say("publish.no_secret", name="TIKTOK_CLIENT_SECRET")
        )

    # ── signing in ─────────────────────────────────────────────────────────────────────────────

    def sign_in_address(self, redirect_uri: str, state: str, verifier: str) -> str:
        return sign_in.address(self._app, self.scopes, redirect_uri, state, verifier)

    async def exchange(
        self,
        http: aiohttp.ClientSession,
        code: str,
        redirect_uri: str,
        verifier: str,
        now: datetime,
    ) -> Grant:
        wire = self._wire(http)
        return await sign_in.exchange(self._app, wire, code, redirect_uri, verifier, now)

    async def refresh(self, http: aiohttp.ClientSession, grant: Grant, now: datetime) -> Grant:
        return await sign_in.refresh(self._app, self._wire(http), grant, now)

    def due_for_refresh(self, grant: Grant, now: datetime) -> bool:
        return sign_in.due(grant, now)

    async def profile(self, http: aiohttp.ClientSession, grant: Grant) -> Profile:
        if "user.info.basic" not in grant.scopes:
            return Profile(grant.remote_id, grant.remote_id)
        # A field that was not consented to refuses the whole call.
        fields = "open_id,display_name"
        if "user.info.profile" in grant.scopes:
            fields += ",username"
        found = await self._wire(http, grant).get("/v2/user/info/", {"fields": fields})
        user = found.get("user") or {}
        username = str(user.get("username") or user.get("display_name") or grant.remote_id)
        return Profile(grant.remote_id, username)

    # ── posting ────────────────────────────────────────────────────────────────────────────────

    def check(self, post: Post) -> list[Problem]:
        found = general_problems(self.limits, post)
        if post.settings.get("branded") and post.settings.get("privacy") == "SELF_ONLY":
            found.append(Problem(say("tiktok.branded_private")))
        return found

    def may_post(self, scopes: tuple[str, ...], settings: Mapping[str, Any]) -> Say | None:
        scope = "video.upload" if settings.get("mode") == "inbox" else "video.publish"
        if not scopes or scope in scopes:
            return None
        other = "video.publish" if scope == "video.upload" else "video.upload"
        key = "tiktok.only_inbox" if other == "video.upload" and other in scopes else ""
        return say(key) if key else say("publish.scope_missing", scope=scope)

    def settle(self, settings: Mapping[str, Any], place: int) -> dict[str, Any]:
        return choosing.pressed(settings, place)

    def undecided(self, settings: Mapping[str, Any]) -> Say | None:
        return choosing.undecided(settings)

    def declared(self, settings: Mapping[str, Any]) -> tuple[Say, ...]:
        return choosing.declared(settings)

    async def offers(
        self, http: aiohttp.ClientSession, grant: Grant, post: Post, now: datetime
    ) -> Offer:
        if grant.scopes and "video.publish" not in grant.scopes:
            return Offer()
        may = await self._wire(http, grant).post("/v2/post/publish/creator_info/query/", {})
        return choosing.offer(may, post.duration_s)

    async def prepare(self, post: Post, hand: Hand) -> bool:
        wire = self._wire(hand.http, hand.grant, hand)
        inbox = post.settings.get("mode") == "inbox"
        if (missing := self.may_post(hand.grant.scopes, post.settings)) is not None:
            raise SignIn(missing, "scope_not_authorized")
        upload = Upload.held(hand)
        fate = await self._fate(upload, wire, post, hand) if upload else "anew"
        if fate == "there":
            return False
        if upload is None or fate == "anew":
            may = {} if inbox else await allowed(wire, post)
            upload = await self._init(wire, post, hand, may, inbox=inbox)
        await upload.send(wire, post, hand)
        return True

    @staticmethod
    async def _fate(upload: Upload, wire: Wire, post: Post, hand: Hand) -> str:
        """What to do about the upload of an earlier try: `go on`, begin `anew`, or nothing because
        it is `there`. TikTok is asked before another one is made."""
        if not upload.over(hand):
            return "go on"
        status, have = await upload.status(wire)
        if status in ("FAILED", "") or (status == "PROCESSING_UPLOAD" and have < post.size_b):
            return "anew"
        return "there"

    async def _init(
        self, wire: Wire, post: Post, hand: Hand, may: Mapping[str, Any], *, inbox: bool
    ) -> Upload:
        body: dict[str, Any] = {"source_info": source_info(post.size_b)}
        if not inbox:
            body["post_info"] = post_info(post, may)
        path = "/v2/post/publish/inbox/video/init/" if inbox else "/v2/post/publish/video/init/"
        await hand.spend("init")
        try:
            made = await wire.post(path, body)
        except Unknown:
            # Nothing shows before the last byte: an orphan expires, so one repeat is safe.
            await hand.spend("init")
            made = await wire.post(path, body)
        if not made.get("publish_id") or not made.get("upload_url"):
            raise Unknown(say("publish.strange_answer", call="video/init"))
        upload = Upload(str(made["publish_id"]), str(made["upload_url"]), hand.now())
        await upload.keep(hand)
        return upload

    async def commit(self, post: Post, hand: Hand) -> None:
        upload = Upload.held(hand)
        assert upload is not None, "prepare keeps one"
        await upload.finish(self._wire(hand.http, hand.grant, hand), post, hand)

    async def look(self, post: Post, hand: Hand, *, asked: int) -> Outcome:
        wire, upload = self._wire(hand.http, hand.grant, hand), Upload.held(hand)
        if upload is None:
            return Lost(say("tiktok.forgotten"))
        try:
            found = await wire.post(
                "/v2/post/publish/status/fetch/", {"publish_id": upload.publish_id}
            )
        except PlatformError as wrong:
            if wrong.code in FORGOTTEN and asked >= 2:  # three times: it is no passing fault
                return Lost(say("tiktok.forgotten"))
            raise
        status = str(found.get("status", ""))
        if status == "FAILED":
            return fail_reason(str(found.get("fail_reason", "")))
        if status == "SEND_TO_USER_INBOX":
            return Seen("inbox")
        if status == "PUBLISH_COMPLETE":
            ids = post_ids(found)
            if ids:  # only what everybody can see has one, also after a draft was finished by hand
                return Seen("public", ids[0], await self.link(hand, ids[0]))
            return unlisted(post)
        if status == "PROCESSING_UPLOAD":
            have = number(found.get("uploaded_bytes"), post.size_b)
            if max(have, upload.have(hand)) < post.size_b:
                # Without the last byte nothing can have been published: the rest is sent to the
                # same upload, which is one post however often it is tried.
                await upload.note(hand, have)
                rest = Wait(say("publish.upload_unfinished"), 2, "upload_unfinished", "upload")
                return NotThere(rest, keep=True)
        return NotYet(pace(asked))

    async def link(self, hand: Hand, remote_id: str) -> str | None:
        """`share_url` of the video; it exists for public ones only."""
        if hand.grant.scopes and "video.list" not in hand.grant.scopes:
            # Not consented to: the address every public video has.
            name = hand.username
            return f"{self._app.auth_root}/@{name}/video/{remote_id}" if name else None
        wire = self._wire(hand.http, hand.grant, hand)
        try:
            found = await wire.post(
                "/v2/video/query/?fields=id,share_url", {"filters": {"video_ids": [remote_id]}}
            )
        except PlatformError:
            return None  # the post stands; the link follows later
        videos = found.get("videos") or []
        return str(videos[0]["share_url"]) if videos and videos[0].get("share_url") else None

    async def figures(
        self,
        http: aiohttp.ClientSession,
        grant: Grant,
        remote_ids: Sequence[str],
        tell: Tell,
        now: datetime,
    ) -> Mapping[str, Figures]:
        if self.hides(grant.scopes) is not None:
            return {}
        fields = "id,view_count,like_count,comment_count,share_count"
        found = await Wire(http, self._app.api_root, grant.access, tell).post(
            f"/v2/video/query/?fields={fields}", {"filters": {"video_ids": list(remote_ids)}}
        )
        videos = found.get("videos")
        listed = videos if isinstance(videos, list) else []
        return {
            str(v.get("id")): Figures(
                *(count(v.get(f"{what}_count")) for what in ("view", "like", "comment", "share"))
            )
            for v in listed
            if isinstance(v, dict)
        }

    def hides(self, scopes: tuple[str, ...]) -> Say | None:
        told = not scopes or "video.list" in scopes
        return None if told else say("figures.scope", scope="video.list")

    def hints(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> tuple[Hint, ...]:
        """`TikTok-Signature: t=…,s=…` over `t.body`. One that was sent again after a while carries
        its old time: it is ours all the same, and of no more use."""
        parts = dict(p.split("=", 1) for p in header(headers, SIGNATURE).split(",") if "=" in p)
        sent_at, signed = parts.get("t", ""), parts.get("s", "")
        if not is_signed(self._app.client_secret, sent_at.encode() + b"." + raw, signed):
            raise NotSigned
        if not sent_at.isdigit() or abs(now.timestamp() - int(sent_at)) > HOOK_LIFE_S:
            return ()
        body = json.loads(raw)
        if not isinstance(body, dict) or body.get("client_key") != self._app.client_key:
            return ()
        ended = body.get("event") == "authorization.removed"
        return (Hint(str(body.get("user_openid", "")), ended),)

    def _wire(
        self, http: aiohttp.ClientSession, grant: Grant | None = None, hand: Hand | None = None
    ) -> Wire:
        return Wire(
            http, self._app.api_root, grant.access if grant else "", hand.tell if hand else None
        )
