"""Practice Instagram: Instagram Login, containers, resumable upload and publishing, as strict as
the real one. Source of every rule: developers.facebook.com/documentation/instagram-platform."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from aiohttp import web

from core.practice.audience import crowd
from core.practice.instagram_container import InstagramContainers
from core.practice.instagram_sign_in import DAY_S, INSIGHTS
from core.practice.instagram_wire import GraphError, refuse, told_as_graph, usage
from core.practice.state import number_id

QUOTA = 50


class Instagram(InstagramContainers):
    """Routes under `/instagram`."""

    calls = ("limit", "media", "upload", "processing", "object", "media_publish", "refresh")
    faults: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "token": {
            "flat": "the token answer is flat instead of inside `data`",
            "scope": "only these scopes were granted",
        },
        "media": {"lost_video_url": "the video cannot be fetched from its address"},
        "upload": {
            "retriable": "broken off, may be continued",
            "not_retriable": "refused for good",
            "refused": "uploads are not taken from this kind of sign-in",
            "cut": "the connection breaks off in the middle",
        },
        "processing": {
            "stuck": "it stays IN_PROGRESS for ever",
            "fail": "ERROR with this subcode",
        },
        "media_publish": {
            "blocked_but_live": "4/2207051, although it was published",
            "manual_post": "somebody posts by hand in the same moment",
        },
        "object": {
            "lost": "100/33 for something that is there",
            "no_permalink": "the link is missing",
            "revoked": "190/460: the password was changed",
        },
        "limit": {
            "quota": "so many posts a day are allowed",
            "used": "another tool used up so many",
        },
    }
    feed = "/instagram/{account}"
    watch = "/instagram/reel/{remote_id}/"

    def routes(self, app: web.Application) -> None:
        add = app.router.add_route
        graph = r"/instagram/graph/{version:v\d+\.0}"
        add("GET", "/instagram/www/oauth/authorize", self.authorize)
        add("POST", "/instagram/www/oauth/authorize", self.consent)
        for method, path, call, handler in (
            ("POST", "/instagram/api/oauth/access_token", "token", self.short_token),
            ("GET", "/instagram/graph/access_token", "exchange", self.long_token),
            ("GET", "/instagram/graph/refresh_access_token", "refresh", self.refresh),
            ("GET", graph + "/me", "me", self.me),
            ("POST", graph + "/{user}/media", "media", self.create),
            ("GET", graph + "/{user}/media", "list", self.listing),
            ("POST", graph + "/{user}/media_publish", "media_publish", self.publish),
            ("GET", graph + "/{user}/content_publishing_limit", "limit", self.limit),
            ("GET", graph + "/{id}", "object", self.read),
            ("GET", graph + "/{id}/insights", "insights", self.insights),
            (
                "POST",
                r"/instagram/rupload/ig-api-upload/{version:v\d+\.0}/{id}",
                "upload",
                self.upload,
            ),
        ):
            on = self._faults.on("instagram", call, refuse, self._s.sleep, self.account_of)
            add(method, path, on(told_as_graph(handler)))

    def room(self) -> Mapping[str, str]:
        return {
            "app_id": self.id,
            "app_secret": self.secret,
            "auth_root": f"{self._base}/instagram/www",
            "api_root": f"{self._base}/instagram/api",
            "graph_root": f"{self._base}/instagram/graph",
            "upload_root": f"{self._base}/instagram/rupload",
        }

    # ── posting ────────────────────────────────────────────────────────────────────────────────

    async def publish(self, request: web.Request) -> web.Response:
        account = self._mine(request)
        form = {**request.query, **{k: str(v) for k, v in (await request.post()).items()}}
        container = form.get("creation_id", "")
        c = self._s.get("instagram.container", container)
        if c is None or c["account"] != account:
            raise GraphError(24, 2207008, "container missing")
        code, _ = self._container(c)
        if code == "PUBLISHED":
            raise GraphError(9007, 2207027, "Media ID is not available")
        if code != "FINISHED":
            raise GraphError(9007, 2207027, "media is not ready")
        if self._used(account) >= QUOTA:
            raise GraphError(9, 2207042, "daily limit")
        if self.fault("media_publish", "manual_post", account):
            self._by_hand(account, "Posted by hand")
        c["media"] = number_id()
        self._s.put("instagram.container", container, c)
        self._s.publish(
            "instagram",
            account,
            container,
            remote_id=c["media"],
            caption=c["caption"],
            visible="public",
            file=c["file"],
            sha256=c["sha256"],
            size_b=c["size"],
        )
        if self.fault("media_publish", "blocked_but_live", account):
            raise GraphError(4, 2207051, "action is blocked")
        return web.json_response({"id": c["media"]}, headers=usage())

    def _by_hand(self, account: str, caption: str) -> None:
        """A post that is none of ours."""
        made = number_id()
        self._s.publish(
            "instagram",
            account,
            f"hand-{made}",
            remote_id=made,
            caption=caption,
            visible="public",
            file="",
            sha256="",
            size_b=0,
        )

    def _used(self, account: str) -> int:
        since = self._s.now_s - DAY_S
        others = self._s.count("instagram.posted", since, account + "/")
        return others + len(self._since(account, since))

    def _since(self, account: str, since: float) -> list[dict[str, Any]]:
        return [p for p in self._s.posts("instagram", account) if p["at"] > since]

    async def limit(self, request: web.Request) -> web.Response:
        account = self._mine(request)
        quota = self.fault("limit", "quota", account)
        others = self.fault("limit", "used", account)
        total = int(quota.value) if quota else QUOTA
        used = self._used(account) + (int(others.value) if others else 0)
        config = {"quota_total": total, "quota_duration": DAY_S}
        body = {"data": [{"config": config, "quota_usage": used}]}
        return web.json_response(body, headers=usage())

    async def listing(self, request: web.Request) -> web.Response:
        account = self._mine(request)
        n = int(request.query.get("limit", "25"))
        media = [self._media(p) for p in self._s.posts("instagram", account)[:n]]
        return web.json_response({"data": media}, headers=usage())

    async def read(self, request: web.Request) -> web.Response:
        """A container or a post, by its id."""
        account = self._who(request)
        wanted = request.match_info["id"]
        if self.fault("object", "revoked", account):
            self._s.forget("instagram.token", account=account)
            raise GraphError(190, 460, "the password was changed")
        if self.fault("object", "lost", account):
            raise GraphError(100, 33, "object does not exist or no permission")
        c = self._s.get("instagram.container", wanted)
        if c is not None and c["account"] == account:
            code, status = self._container(c)
            phase = {"uploading_phase": {"bytes_transferred": c["uploaded"]}}
            body = {"id": wanted, "status_code": code, "status": status, "video_status": phase}
            return web.json_response(body, headers=usage())
        post = self._s.post(wanted)
        if post is None or post["account"] != account:
            raise GraphError(100, 33, "object does not exist or no permission")
        media = self._media(post)
        if self.fault("object", "no_permalink", account):
            media.pop("permalink")
        return web.json_response(media, headers=usage())

    async def insights(self, request: web.Request) -> web.Response:
        """One bad metric fails the whole call."""
        account, post = self._who(request), self._s.post(request.match_info["id"])
        if INSIGHTS not in self._granted(request):
            raise GraphError(10, 0, "Application does not have permission for this action")
        if post is None or post["account"] != account:
            raise GraphError(100, 33, "object does not exist or no permission")
        of = crowd(post, self._s.now_s)
        known = {"views": of.views, "likes": of.likes, "comments": of.comments, "shares": of.shares}
        wanted = request.query.get("metric", "").split(",")
        if not set(wanted) <= set(known):
            raise GraphError(100, 0, "metric must be one of the following values")
        data = [
            {"name": name, "period": "lifetime", "values": [{"value": known[name]}]}
            for name in wanted
            if known[name] or name == "views"  # what does not exist yet has no entry, not 0
        ]
        return web.json_response({"data": data}, headers=usage())

    def _media(self, post: dict[str, Any]) -> dict[str, Any]:
        at, of = datetime.fromtimestamp(post["at"], UTC), crowd(post, self._s.now_s)
        return {
            "id": post["remote_id"],
            "caption": post["caption"],
            "media_type": "VIDEO",
            "media_product_type": "REELS",
            "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
            "username": post["account"],
            "permalink": self.address(post),
            "like_count": of.likes,
            "comments_count": of.comments,
        }
