"""Practice TikTok: the wire contract of Login Kit and Content Posting, as strict as the real one.

Source of every rule: developers.tiktok.com as of November 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, ClassVar

from aiohttp import web

from core.practice.audience import crowd
from core.practice.faults import Handler
from core.practice.state import number_id
from core.practice.tiktok_upload import PER_DAY, TikTokUploads
from core.practice.tiktok_wire import (
    Refusal,
    body_of,
    envelope,
    refuse,
    refuse_flat,
    told_as_envelope,
)

PROCESSING_S, LINK_S = 1.5, 2.5
MOST_VIDEOS = 20
FIELDS = {
    *("id", "create_time", "cover_image_url", "share_url", "video_description", "duration"),
    *("height", "width", "title", "embed_html", "embed_link"),
    *("like_count", "comment_count", "share_count", "view_count"),
}
PRIVACY = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")


class TikTok(TikTokUploads):
    """Routes under `/tiktok`."""

    calls = ("creator_info", "init", "upload", "processing", "status", "video_query", "token")
    faults: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "creator_info": {
            "private_account": "only followers, friends and oneself can be chosen",
            "unaudited": "only oneself can be chosen",
            "disabled": "comments, duet and stitch are switched off",
            "longest": "videos may be so many seconds long",
        },
        "upload": {
            "short_206": "only half of what was sent is kept",
            "range_416": "the range does not continue what is there",
            "expired_403": "the upload address works no more",
            "gone_404": "there is no such upload",
            "cut": "the connection breaks off in the middle",
        },
        "processing": {
            "stuck": "it stays PROCESSING_UPLOAD for ever",
            "fail": "FAILED with this reason",
        },
        "status": {
            "no_id": "PUBLISH_COMPLETE without the id of the post",
            "two_ids": "two ids",
            "id_as_string": "the id is a string",
            "no_bytes": "uploaded_bytes is missing",
        },
        "token": {"scope": "only these scopes were granted"},
    }
    feed = "/tiktok/@{account}"
    watch = "/tiktok/@{account}/video/{remote_id}"

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/tiktok/www/v2/auth/authorize/", self.authorize)
        app.router.add_post("/tiktok/www/v2/auth/authorize/", self.consent)
        api = "/tiktok/api/v2"
        for path, call, handler in (
            ("/oauth/token/", "token", self.token),
            ("/oauth/revoke/", "revoke", self.revoke),
            ("/post/publish/creator_info/query/", "creator_info", self.creator_info),
            ("/post/publish/video/init/", "init", self.init),
            ("/post/publish/inbox/video/init/", "init", self.inbox_init),
            ("/post/publish/status/fetch/", "status", self.status),
            ("/video/query/", "video_query", self.video_query),
            ("/video/list/", "video_list", self.video_list),
        ):
            app.router.add_post(api + path, self._on(call)(told_as_envelope(handler)))
        app.router.add_get(api + "/user/info/", self._on("user_info")(told_as_envelope(self.me)))
        app.router.add_put("/tiktok/upload/", self._on("upload")(self.upload))

    def _on(self, call: str) -> Callable[[Handler], Handler]:
        answer = refuse_flat if call in ("token", "revoke") else refuse
        return self._faults.on("tiktok", call, answer, self._s.sleep, self.account_of)

    def room(self) -> Mapping[str, str]:
        return {
            "client_key": self.key,
            "client_secret": self.secret,
            "api_root": f"{self._base}/tiktok/api",
            "auth_root": f"{self._base}/tiktok/www",
        }

    # ── reading ────────────────────────────────────────────────────────────────────────────────

    async def me(self, request: web.Request) -> web.Response:
        who = self._who(request, "user.info.basic")
        name = who["account"]
        wanted = set(request.query.get("fields", "").split(",")) - {""}
        basic = {"open_id": f"open-{name}", "union_id": f"union-{name}", "avatar_url": ""}
        basic["display_name"] = name.title()
        more = {"username": name, "profile_web_link": f"{self._base}/tiktok/@{name}"}
        if wanted & set(more) and "user.info.profile" not in who["scope"].split(","):
            raise Refusal("scope_permission_missed", 401, "user.info.profile")
        if not wanted or wanted - set(basic) - set(more):
            raise Refusal("invalid_params", 400, "fields")
        user = {k: v for k, v in {**basic, **more}.items() if k in wanted}
        return envelope({"user": user})  # type: ignore[no-any-return]

    async def creator_info(self, request: web.Request) -> web.Response:
        account = self._limited(request, "video.publish", "creator_info", 20)["account"]
        if self._posted(account) >= PER_DAY:
            return envelope({}, "spam_risk_too_many_posts")  # type: ignore[no-any-return]
        body = {
            "creator_username": account,
            "creator_nickname": account.title(),
            "creator_avatar_url": "",
            "privacy_level_options": self._options(account),
            "comment_disabled": False,
            "duet_disabled": False,
            "stitch_disabled": False,
            "max_video_post_duration_sec": 600,
        }
        if self.fault("creator_info", "disabled", account):
            body |= {"comment_disabled": True, "duet_disabled": True, "stitch_disabled": True}
        if longest := self.fault("creator_info", "longest", account):
            body["max_video_post_duration_sec"] = int(longest.value)
        return envelope(body)  # type: ignore[no-any-return]

    def _options(self, account: str) -> list[str]:
        """What the creator may choose now; remembered for the init that follows."""
        options = list(PRIVACY)
        if self.fault("creator_info", "private_account", account):
            options = ["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
        if self.fault("creator_info", "unaudited", account):
            options = ["SELF_ONLY"]
        self._s.put("tiktok.options", account, {"options": options})
        return options

    async def video_query(self, request: web.Request) -> web.Response:
        who = self._who(request, "video.list")
        fields = set(request.query.get("fields", "").split(","))
        body = await body_of(request)
        wanted = {str(i) for i in (body.get("filters") or {}).get("video_ids") or []}
        if not fields <= FIELDS or not 0 < len(wanted) <= MOST_VIDEOS:
            raise Refusal("invalid_params", 400, "fields or video_ids")
        mine = [self._video(p) for p in self._public(who["account"]) if p["remote_id"] in wanted]
        videos = [{k: v for k, v in video.items() if k in fields} for video in mine]
        return envelope({"videos": videos})  # type: ignore[no-any-return]

    async def video_list(self, request: web.Request) -> web.Response:
        who = self._who(request, "video.list")
        videos = [self._video(p) for p in self._public(who["account"])[:20]]
        return envelope({"videos": videos, "cursor": 0, "has_more": False})  # type: ignore[no-any-return]

    def _public(self, account: str) -> list[dict[str, Any]]:
        return [p for p in self._s.posts("tiktok", account) if p["visible"] == "public"]

    def _video(self, post: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": post["remote_id"],
            "create_time": int(post["at"]),
            "video_description": post["caption"],
            "share_url": self.address(post),
            **{f"{what[:-1]}_count": n for what, n in asdict(crowd(post, self._s.now_s)).items()},
        }

    async def status(self, request: web.Request) -> web.Response:
        who = self._limited(request, "video.publish|video.upload", "status", 30)
        p = self._s.get("tiktok.publish", str((await body_of(request)).get("publish_id", "")))
        if p is None:
            raise Refusal("invalid_publish_id", 400)
        if p["account"] != who["account"]:
            raise Refusal("token_not_authorized_for_specified_publish_id", 403)
        data = self._status_of(p)
        self._odd_ids(data, p["account"])
        return envelope(data)  # type: ignore[no-any-return]

    def _odd_ids(self, data: dict[str, Any], account: str) -> None:
        """The ways in which clients have seen the id of a post, or not seen it."""
        name = "publicaly_available_post_id"
        if data.get(name) and self.fault("status", "no_id", account):
            data.pop(name)
        if data.get(name) and self.fault("status", "two_ids", account):
            data[name] = [*data[name], int(number_id())]
        if data.get(name) and self.fault("status", "id_as_string", account):
            data[name] = str(data[name][0])
        if self.fault("status", "no_bytes", account):
            data.pop("uploaded_bytes")

    def _status_of(self, p: dict[str, Any]) -> dict[str, Any]:
        data: dict[str, Any] = {"status": "PROCESSING_UPLOAD", "uploaded_bytes": p["uploaded"]}
        if p["done_at"] is None:
            return data
        age = self._s.now_s - p["done_at"]
        if age < PROCESSING_S or p["problem"] == "stuck":
            return data
        if p["problem"]:
            return {**data, "status": "FAILED", "fail_reason": p["problem"]}
        if p["inbox"]:
            return {**data, "status": "SEND_TO_USER_INBOX"}
        public = p["privacy"] == "PUBLIC_TO_EVERYONE"
        ids = [int(p["post_id"])] if public and age >= LINK_S else []
        return {**data, "status": "PUBLISH_COMPLETE", "publicaly_available_post_id": ids}
