"""YouTube Shorts through the Data API and its resumable upload. Facts and sources:
developers.google.com/youtube/v3, as of November 2026.

There is no Shorts call: YouTube makes one of what is upright or square and at most three minutes
long. Nothing is there before the last byte, so everything but a small tail is preparation and the
tail is the commit. The address of the upload is its handle: a lost answer is settled by asking it.

Quality: sign-in renewal: done · resume of uploads: done · quota by Pacific day: done · videos that
stay locked to private: told · published at an exact time: done, by `public_at` · custom
thumbnails and later edits: not yet, they need rights that posting does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import aiohttp
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from core.publish.base import Platform
from core.publish.choices import Choice
from core.publish.errors import SignIn, Unknown, Wait
from core.publish.figures import Figures, count
from core.publish.grant import Grant, Profile, is_loopback
from core.publish.hand import Hand, Tell
from core.publish.media import MediaSpec
from core.publish.outcome import Lost, NotThere, NotYet, Outcome, Seen
from core.publish.post import Limits, Post, Problem, general_problems
from core.publish.practice_room import app_of
from core.publish.quotas import Quota
from core.publish.youtube import sign_in
from core.publish.youtube.app import App
from core.publish.youtube.evidence import listed
from core.publish.youtube.session import Session
from core.publish.youtube.video import metadata, metadata_problems, seen
from core.publish.youtube.wire import Wire
from core.say import Say, say
from core.settings import Section, Settings

SCOPE = "https://www.googleapis.com/auth/"
UPLOAD, READ = f"{SCOPE}youtube.upload", f"{SCOPE}youtube.readonly"
MISSES = 6
"""So many looks may not find a video or a session before a person is asked."""
PACE_S = (5.0,) * 4 + (15.0,) * 8 + (60.0,) * 12


class YouTube(Platform):
    """YouTube as the rest of the house knows it."""

    name, title = "youtube", "YouTube"
    limits = Limits(
        caption_utf16=5000,
        min_s=1,
        max_s=900,
        media=MediaSpec(containers=(), size_b=256_000_000_000),
    )
    """15 minutes is what a channel may upload that was not verified by phone."""
    scopes = (UPLOAD, READ)
    # YouTube needs minutes to process a video: it is uploaded before its time, and public at it
    lead = timedelta(minutes=10)
    # 100 uploads a day for the whole project, whoever they are for
    quotas = (Quota("insert", "youtube_daily", 100, "pacific day", "platform"),)
    live_rules = ("youtube_channel",)
    figures_at_once = 50
    choices = (
        Choice("privacy", "public", "everyone", 0, "account"),
        Choice("privacy", "unlisted", "by_link", 0, "account"),
        Choice("privacy", "private", "only_me", 0, "account"),
        Choice("kids", True, "kids", 1, "account"),
        Choice("kids", False, "not_kids", 1, "account"),
        Choice("ai", True, "synthetic", 2),
    )
    practice_rules: ClassVar[Mapping[str, Any]] = {"privacy": "public", "kids": False}

    class Config(Section):
        """The OAuth client at console.cloud.google.com; the practice YouTube when there is none."""

        model_config = SettingsConfigDict(**{**Section.model_config, "env_prefix": "YOUTUBE_"})

        client_id: str = ""
        client_secret: SecretStr = SecretStr("")
        auth_root: str = "https://accounts.google.com"
        token_root: str = "https://oauth2.googleapis.com"  # noqa: S105 - an address
        api_root: str = "https://www.googleapis.com"
        site_root: str = "https://www.youtube.com"
        category: str = "22"
        """People & Blogs."""

    def __init__(self, settings: Settings) -> None:
        config = self.Config()
        self._practice, self._category = not config.client_id, config.category
        self._app = app_of(App, settings, self.name, config)

    @property
    def practice(self) -> bool:
        return self._practice

    def reaches_back(self, address: str) -> bool:
        """Google leads back to https, and to this machine without it."""
        return address.startswith("https:") or is_loopback(address)

    def missing(self) -> Say | None:
        if self._practice:
            return None if self._app.api_root else say("publish.no_practice")
        name = "YOUTUBE_CLIENT_SECRET"
        return None if self._app.client_secret else say("publish.no_secret", name=name)

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
        wire = self._wire(http, now)
        return await sign_in.exchange(self._app, wire, code, redirect_uri, verifier, now)

    async def refresh(self, http: aiohttp.ClientSession, grant: Grant, now: datetime) -> Grant:
        return await sign_in.refresh(self._app, self._wire(http, now), grant, now)

    def due_for_refresh(self, grant: Grant, now: datetime) -> bool:
        return sign_in.due(grant, now)

    async def profile(self, http: aiohttp.ClientSession, grant: Grant) -> Profile:
        """The channel that was picked at the sign-in."""
        wire = self._wire(http, grant.issued_at or datetime.now(UTC), grant)
        found = await wire.list("channels", {"part": "snippet", "mine": "true"})
        if not found:
            raise SignIn(say("youtube.no_channel"), "youtubeSignupRequired")
        about = found[0].get("snippet") or {}
        username = str(about.get("customUrl") or about.get("title") or found[0].get("id"))
        return Profile(str(found[0].get("id", "")), username.removeprefix("@"))

    # ── posting ────────────────────────────────────────────────────────────────────────────────

    def check(self, post: Post) -> list[Problem]:
        return general_problems(self.limits, post) + metadata_problems(post)

    def may_post(self, scopes: tuple[str, ...], settings: Mapping[str, Any]) -> Say | None:
        missing = scopes and not {UPLOAD, f"{SCOPE}youtube"} & set(scopes)
        return say("youtube.scope") if missing else None

    def undecided(self, settings: Mapping[str, Any]) -> Say | None:
        """Whether a video is made for children must be said by law, and nobody can guess it."""
        if not settings.get("privacy"):
            return say("youtube.choose")
        return None if isinstance(settings.get("kids"), bool) else say("youtube.choose_kids")

    def declared(self, settings: Mapping[str, Any]) -> tuple[Say, ...]:
        return (say("youtube.label_synthetic"),) if settings.get("ai") else ()

    async def prepare(self, post: Post, hand: Hand) -> bool:
        if (missing := self.may_post(hand.grant.scopes, post.settings)) is not None:
            raise SignIn(missing, "insufficientPermissions")
        if "video_id" in hand.refs:
            return False
        wire, session, have = self._wire_of(hand), Session.held(hand), 0
        if session is not None and not session.over(hand):
            stored = await session.ask(wire, post, hand)
            if stored.video_id:
                return False
            have = stored.have or 0
            if stored.gone and await self._found_after_all(session, wire, post, hand):
                return False
            session = None if stored.gone else session
        if session is None or session.over(hand):
            session, have = await self._begin(wire, post, hand), 0
        await session.send(wire, post, hand, have)
        return True

    async def _found_after_all(self, session: Session, wire: Wire, post: Post, hand: Hand) -> bool:
        """The session is not known any more. When its last byte had been sent, the channel is
        asked for the video before another one is begun."""
        await hand.note("dead", session.url)
        return session.may_be_whole(hand) and await listed(wire, post, hand)

    async def _begin(self, wire: Wire, post: Post, hand: Hand) -> Session:
        body = metadata(post, self._category, hand.now())
        await hand.spend("insert")
        try:
            url = await wire.begin(body, post.size_b)
        except Unknown:
            # Nothing is there before the last byte, so one repeat is safe; it costs a call more.
            await hand.spend("insert")
            url = await wire.begin(body, post.size_b)
        session = Session(url, hand.now())
        await session.keep(hand)
        return session

    async def commit(self, post: Post, hand: Hand) -> None:
        session = Session.held(hand)
        assert session is not None, "prepare keeps one"
        await session.finish(self._wire_of(hand), post, hand)

    async def look(self, post: Post, hand: Hand, *, asked: int) -> Outcome:
        wire, session = self._wire_of(hand), Session.held(hand)
        if "video_id" not in hand.refs:
            if session is None:
                return Lost(say("youtube.forgotten"))
            stored = await session.ask(wire, post, hand)
            if stored.gone:
                if not await listed(wire, post, hand):
                    return NotYet(30) if asked < MISSES else Lost(say("youtube.forgotten"))
            elif not stored.video_id:
                if (stored.have or 0) >= post.size_b:
                    return NotYet(pace(asked))
                # Without the last byte there is no video: the rest goes to the same session,
                # which is one video however often it is tried.
                rest = Wait(say("publish.upload_unfinished"), 2, "308", "upload")
                return NotThere(rest, keep=True)
        return await self._video(wire, post, hand, asked)

    async def _video(self, wire: Wire, post: Post, hand: Hand, asked: int) -> Outcome:
        """What YouTube says of the finished upload."""
        video_id = hand.refs["video_id"]
        found = await wire.list("videos", {"part": "status", "id": video_id})
        if not found:
            return NotYet(30) if asked < MISSES else Lost(say("youtube.vanished"))
        status = found[0].get("status") or {}
        outcome = seen(status, post, hand.now(), late=asked > len(PACE_S) // 2)
        if outcome is None:
            return NotYet(pace(asked))
        if isinstance(outcome, Seen):
            url = None if outcome.visible == "private" else self._address(video_id)
            return Seen(outcome.visible, video_id, url, outcome.why)
        return outcome

    def _address(self, video_id: str) -> str:
        return f"{self._app.site_root}/shorts/{video_id}"

    async def link(self, hand: Hand, remote_id: str) -> str | None:
        return self._address(remote_id)

    async def figures(
        self,
        http: aiohttp.ClientSession,
        grant: Grant,
        remote_ids: Sequence[str],
        tell: Tell,
        now: datetime,
    ) -> Mapping[str, Figures]:
        """One unit of 10,000 a day, however many there are. Nobody is told of shares, and a channel
        may hide its likes."""
        if self.hides(grant.scopes) is not None:
            return {}
        wire = Wire(http, self._app.api_root, grant.access, tell, lambda: now)
        query = {"part": "statistics", "id": ",".join(remote_ids)}
        return {
            str(item.get("id")): Figures(
                *(count(told.get(f"{what}Count")) for what in ("view", "like", "comment"))
            )
            for item in await wire.list("videos", query)
            if isinstance(told := item.get("statistics"), dict)
        }

    def hides(self, scopes: tuple[str, ...]) -> Say | None:
        told = not scopes or {READ, f"{SCOPE}youtube", f"{SCOPE}youtube.force-ssl"} & set(scopes)
        return None if told else say("figures.scope", scope="youtube.readonly")

    def _wire_of(self, hand: Hand) -> Wire:
        return Wire(hand.http, self._app.api_root, hand.grant.access, hand.tell, hand.now)

    def _wire(self, http: aiohttp.ClientSession, now: datetime, grant: Grant | None = None) -> Wire:
        access = grant.access if grant else ""
        return Wire(http, self._app.api_root, access, None, lambda: now)


def pace(asked: int) -> float:
    """Seconds until the next look."""
    return PACE_S[asked] if asked < len(PACE_S) else 300.0
