"""Practice YouTube: the wire contract of the Data API as far as posting a Short needs it, as strict
as the real one. Source of every rule: developers.google.com/youtube/v3, November 2026."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from aiohttp import web

from core.practice.audience import crowd
from core.practice.faults import Handler
from core.practice.youtube_upload import YouTubeUploads
from core.practice.youtube_wire import GoogleError, refuse, refuse_flat, told_as_google

PROCESSING_S = 1.5
MOST_VIDEOS = 50


class YouTube(YouTubeUploads):
    """Routes under `/youtube`."""

    calls = ("insert", "upload", "processing", "videos", "channels", "token")
    faults: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "token": {
            "scope": "only these scopes were granted",
            "testing": "the app is in testing: its sign-ins end after seven days",
        },
        "channels": {"none": "this Google account has no channel"},
        "insert": {
            "locked": "the app was not audited: videos stay private",
            "channel_full": "the channel uploaded enough for a day",
        },
        "upload": {
            "short_308": "only half of what was sent is kept",
            "no_range": "308 without a Range: nothing was kept",
            "gone_404": "the session is not known any more",
            "forgotten": "the video is there, the answer is lost, and the session forgotten",
            "cut": "the connection breaks off in the middle",
        },
        "processing": {
            "stuck": "it stays uploaded and is never processed",
            "fail": "failed, for this reason",
            "reject": "rejected, for this reason",
        },
        "videos": {"missing": "it is not listed"},
    }
    feed = "/youtube/@{account}"
    watch = "/youtube/shorts/{remote_id}"

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/youtube/accounts/o/oauth2/v2/auth", self.authorize)
        app.router.add_post("/youtube/accounts/o/oauth2/v2/auth", self.consent)
        for method, path, call, handler in (
            ("POST", "/youtube/oauth/token", "token", self.token),
            ("POST", "/youtube/oauth/revoke", "revoke", self.revoke),
            ("GET", "/youtube/api/youtube/v3/channels", "channels", self.channels),
            ("GET", "/youtube/api/youtube/v3/videos", "videos", self.videos),
            ("GET", "/youtube/api/youtube/v3/playlistItems", "list", self.uploads),
            ("POST", "/youtube/api/upload/youtube/v3/videos", "insert", self.insert),
            ("PUT", "/youtube/upload", "upload", self.upload),
        ):
            app.router.add_route(method, path, self._on(call)(told_as_google(handler)))

    def _on(self, call: str) -> Callable[[Handler], Handler]:
        answer = refuse_flat if call in ("token", "revoke") else refuse
        return self._faults.on(self.name, call, answer, self._s.sleep, self.account_of)

    def room(self) -> Mapping[str, str]:
        return {
            "client_id": self.id,
            "client_secret": self.secret,
            "auth_root": f"{self._base}/youtube/accounts",
            "token_root": f"{self._base}/youtube/oauth",
            "api_root": f"{self._base}/youtube/api",
            "site_root": f"{self._base}/youtube",
        }

    # ── reading ────────────────────────────────────────────────────────────────────────────────

    async def channels(self, request: web.Request) -> web.Response:
        account = self.who(request, "readonly")
        if request.query.get("mine") != "true" or not request.query.get("part"):
            raise GoogleError("missingRequiredParameter", "part and mine")
        if self.fault("channels", "none", account):
            return web.json_response({"items": []})
        item = {
            "id": f"UC-{account}",
            "snippet": {"title": account.title(), "customUrl": f"@{account}"},
            "contentDetails": {"relatedPlaylists": {"uploads": f"UU-{account}"}},
        }
        return web.json_response({"items": [item]})

    async def videos(self, request: web.Request) -> web.Response:
        account = self.who(request, "readonly")
        ids, parts = request.query.get("id", "").split(","), request.query.get("part", "")
        if not parts:
            raise GoogleError("missingRequiredParameter", "part")
        if len(ids) > MOST_VIDEOS or not set(parts.split(",")) <= {"id", "status", "statistics"}:
            raise GoogleError("invalidParameter", "id or part")
        if self.fault("videos", "missing", account):
            return web.json_response({"items": []})
        found = [(key, self._s.get("youtube.video", key)) for key in ids]
        mine = [(k, v) for k, v in found if v is not None and v["account"] == account]
        items = [self._item(key, video, parts) for key, video in mine]
        return web.json_response({"items": items})

    def _item(self, key: str, video: dict[str, Any], parts: str) -> dict[str, Any]:
        """One video, with the parts that were asked for. Google writes big numbers in quotes."""
        if not ({"failed", "rejected"} & set(video)):
            self.show(key, video)
        item: dict[str, Any] = {"id": key}
        if "status" in parts:
            item["status"] = self._status(video)
        post = self._s.post(key)
        if "statistics" in parts and post is not None:
            of = crowd(post, self._s.now_s)
            told = {"viewCount": of.views, "likeCount": of.likes, "commentCount": of.comments}
            item["statistics"] = {name: str(n) for name, n in {**told, "favoriteCount": 0}.items()}
        return item

    def _status(self, video: dict[str, Any]) -> dict[str, Any]:
        now = self._s.now_s
        status = {
            "uploadStatus": "processed",
            "privacyStatus": video["privacy"],
            "license": "youtube",
            "selfDeclaredMadeForKids": video["kids"],
            "containsSyntheticMedia": video["synthetic"],
        }
        if video["public_at"] and now >= video["public_at"]:
            status["privacyStatus"] = "public"
        elif video["public_at"]:
            at = datetime.fromtimestamp(video["public_at"], UTC)
            status["publishAt"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        if now - video["done_at"] < PROCESSING_S or "stuck" in video:
            return {**status, "uploadStatus": "uploaded"}
        if "failed" in video:
            return {**status, "uploadStatus": "failed", "failureReason": video["failed"]}
        if "rejected" in video:
            return {**status, "uploadStatus": "rejected", "rejectionReason": video["rejected"]}
        return status

    async def uploads(self, request: web.Request) -> web.Response:
        """What the channel has, newest first; its owner sees private ones too."""
        account = self.who(request, "readonly")
        if request.query.get("playlistId") != f"UU-{account}":
            raise GoogleError("playlistNotFound", http=404)
        mine = [
            (key, video, at)
            for key, video, at in self._s.all("youtube.video")
            if video["account"] == account
        ]
        items = [
            {
                "snippet": {
                    "title": video["title"],
                    "description": video["description"],
                    "publishedAt": datetime.fromtimestamp(at, UTC).isoformat(),
                },
                "contentDetails": {"videoId": key},
            }
            for key, video, at in reversed(mine)
        ]
        return web.json_response({"items": items[: int(request.query.get("maxResults", "5"))]})
