"""Practice Instagram: Instagram Login, containers, resumable upload and publishing, as strict as
the real one. Source of every rule: developers.facebook.com/documentation/instagram-platform."""

from __future__ import annotations

import json
import re
import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from core.practice.faults import Fault, Faults, drop
from core.practice.media import Upload, has_edit_list, moov_is_first, problem_of
from core.practice.pages import consent_page
from core.practice.state import State, new_id, number_id

SHORT_S, LONG_S = 3600, 60 * 86400
PROCESSING_S = 1.5
MAX_B = 300_000_000
CONTAINERS, QUOTA = 400, 50
DAY_S = 86400


class GraphError(Exception):
    """An answer in the Graph shape."""

    def __init__(self, code: int, sub: int = 0, message: str = "", http: int = 400) -> None:
        super().__init__(message)
        self.code, self.sub, self.message, self.http = code, sub, message, http


def graph_error(
    code: int, sub: int = 0, message: str = "", http: int = 400, *, full: bool = False
) -> web.Response:
    error: dict[str, Any] = {
        "message": message or f"error {code}",
        "type": "OAuthException",
        "code": code,
        "is_transient": False,
        "fbtrace_id": "A" + secrets.token_hex(8),
    }
    if sub:
        error["error_subcode"] = sub
    return web.json_response({"error": error}, status=http, headers=_usage(full))


def refuse(fault: str) -> web.Response:
    """The answer of a fault. Throttling comes as 400, with the usage headers full."""
    name, _, value = fault.partition(":")
    if name == "code":
        code, _, sub = value.partition("/")
        return graph_error(int(code), int(sub or 0))
    if name == "http_429":
        return graph_error(80002, 0, "request limit reached", 400, full=True)
    if name == "token_expired":
        return graph_error(190, 463, "session has expired", 400)
    return graph_error(2, 0, "service unavailable", 500)


def _usage(full: bool = False) -> dict[str, str]:
    few = {"call_count": 100 if full else 2, "total_cputime": 1, "total_time": 1}
    regain = 2 if full else 0  # minutes
    business = [{**few, "type": "instagram", "estimated_time_to_regain_access": regain}]
    return {
        "X-App-Usage": json.dumps(few),
        "X-Business-Use-Case-Usage": json.dumps({"1": business}),
    }


class Instagram:
    """Routes under `/instagram`."""

    def __init__(self, state: State, faults: Faults, base: str) -> None:
        self._s, self._faults, self._base = state, faults, base
        self.id = state.once("instagram.id", lambda: str(10**15 + secrets.randbelow(10**14)))
        self.secret = state.once("instagram.secret", lambda: secrets.token_hex(16))

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
            (
                "POST",
                r"/instagram/rupload/ig-api-upload/{version:v\d+\.0}/{id}",
                "upload",
                self.upload,
            ),
        ):
            on = self._faults.on("instagram", call, refuse, self._s.sleep, self._account)
            add(method, path, on(_told(handler)))

    def _account(self, request: web.Request) -> str:
        """Whose call it is, as far as it says so."""
        header = request.headers.get("Authorization", "")
        found = self._s.get("instagram.token", header.partition(" ")[2])
        return str(found["account"]) if found else ""

    def _fault(self, call: str, name: str, account: str) -> Fault | None:
        return self._faults.take("instagram", call, name, account=account)

    # ── signing in ─────────────────────────────────────────────────────────────────────────────

    async def authorize(self, request: web.Request) -> web.Response:
        q = request.query
        if q.get("client_id") != self.id or q.get("response_type") != "code" or not q.get("state"):
            return web.Response(status=400, text="client_id, response_type or state wrong")
        return consent_page("Instagram", dict(q), re.split("[ ,]", q.get("scope", "")))

    async def consent(self, request: web.Request) -> web.Response:
        q = {k: str(v) for k, v in (await request.post()).items()}
        back = q.get("redirect_uri", "")
        if not re.match(r"https?://(127\.0\.0\.1|localhost)(:\d+)?/", back):
            return web.Response(status=400, text="redirect_uri wrong")
        if q.get("answer") != "allow":
            no = {"error": "access_denied", "error_reason": "user_denied", "state": q["state"]}
            raise web.HTTPFound(f"{back}?{urlencode(no)}")
        code = new_id()
        name = re.sub(r"[^\w.]", "", q.get("account", ""))[:24] or "practice"
        self._s.put(
            "instagram.code",
            code,
            {"account": name, "redirect_uri": back, "until": self._s.now_s + SHORT_S},
        )
        yes = urlencode({"code": code, "state": q["state"]})
        raise web.HTTPFound(f"{back}?{yes}#_")

    async def short_token(self, request: web.Request) -> web.Response:
        form = {k: str(v) for k, v in (await request.post()).items()}
        code = self._s.take("instagram.code", form.get("code", ""))
        ours = form.get("client_id") == self.id and form.get("client_secret") == self.secret
        fits = code and code["redirect_uri"] == form.get("redirect_uri")
        if not ours or not code or not fits or code["until"] < self._s.now_s:
            body = {
                "error_type": "OAuthException",
                "code": 400,
                "error_message": "Matching code was not found or was already used",
            }
            return web.json_response(body, status=400)
        token = self._token(code["account"], SHORT_S, "short")
        found = {
            "access_token": token,
            "user_id": self._user_id(code["account"]),
            "permissions": "instagram_business_basic,instagram_business_content_publish",
        }
        if self._fault("token", "flat", code["account"]):
            several = {**found, "user_id": int(found["user_id"])}
            several["permissions"] = found["permissions"].split(",")
            return web.json_response(several)
        return web.json_response({"data": [found]})

    def _token(self, account: str, life_s: int, kind: str) -> str:
        token, now = new_id("IG"), self._s.now_s
        body = {"account": account, "until": now + life_s, "kind": kind, "made": now}
        self._s.put("instagram.token", token, body)
        return token

    def _user_id(self, account: str) -> str:
        made = lambda: str(17_841_400_000_000_000 + secrets.randbelow(10**12))  # noqa: E731
        user_id = self._s.once(f"instagram.user.{account}", made)
        self._s.put("instagram.user", user_id, {"account": account})
        return user_id

    async def long_token(self, request: web.Request) -> web.Response:
        q = request.query
        grant = self._s.get("instagram.token", q.get("access_token", ""))
        if q.get("grant_type") != "ig_exchange_token" or q.get("client_secret") != self.secret:
            raise GraphError(100, 0, "grant_type or client_secret wrong")
        if grant is None or grant["until"] < self._s.now_s:
            raise GraphError(190, 463, "token expired")
        return self._long(grant["account"])

    def _long(self, account: str) -> web.Response:
        token = self._token(account, LONG_S, "long")
        body = {"access_token": token, "token_type": "bearer", "expires_in": LONG_S - 56}
        return web.json_response(body)

    async def refresh(self, request: web.Request) -> web.Response:
        q, now = request.query, self._s.now_s
        grant = self._s.get("instagram.token", q.get("access_token", ""))
        if q.get("grant_type") != "ig_refresh_token" or grant is None or grant["kind"] != "long":
            raise GraphError(100, 0, "not a long-lived token")
        if grant["until"] < now:
            raise GraphError(190, 463, "token expired")
        if now - grant["made"] < DAY_S:
            raise GraphError(100, 0, "token is younger than 24 hours")
        return self._long(grant["account"])

    def _who(self, request: web.Request, prefix: str = "Bearer ") -> str:
        """The account behind the token."""
        header = request.headers.get("Authorization", "")
        token = header.removeprefix(prefix) if header.startswith(prefix) else ""
        token = token or (request.query.get("access_token", "") if prefix == "Bearer " else "")
        grant = self._s.get("instagram.token", token)
        if grant is None:
            raise GraphError(190, 467, "invalid token")
        if grant["until"] < self._s.now_s:
            raise GraphError(190, 463, "token expired")
        return str(grant["account"])

    def _mine(self, request: web.Request) -> str:
        """The account, when the path names it."""
        account = self._who(request)
        if request.match_info["user"] not in ("me", self._user_id(account)):
            raise GraphError(24, 2207006, "no permission for this account")
        return account

    async def me(self, request: web.Request) -> web.Response:
        account = self._who(request)
        user_id = self._user_id(account)
        body = {"user_id": user_id, "id": f"9{user_id}", "username": account, "name": account}
        return web.json_response(body, headers=_usage())

    # ── posting ────────────────────────────────────────────────────────────────────────────────

    async def create(self, request: web.Request) -> web.Response:
        account = self._mine(request)
        form = {**request.query, **{k: str(v) for k, v in (await request.post()).items()}}
        by_url = form.get("video_url", "")
        if form.get("media_type") != "REELS":
            raise GraphError(100, 2207023, "media_type REELS only")
        if (form.get("upload_type") == "resumable") == bool(by_url):
            raise GraphError(100, 0, "either video_url or upload_type=resumable")
        if len(form.get("caption", "")) > 2200:
            raise GraphError(36004, 2207010, "caption too long")
        now = self._s.now_s
        if self._s.count("instagram.made", now - DAY_S, account + "/") >= CONTAINERS:
            raise GraphError(9, 2207042, "too many containers")
        container = "18" + str(secrets.randbelow(10**15)).zfill(15)
        self._s.put("instagram.made", f"{account}/{container}", {})
        self._s.put(
            "instagram.container",
            container,
            {
                "account": account,
                "caption": form.get("caption", ""),
                "made": now,
                "uploaded": 0,
                "done_at": None,
                "problem": "",
                "media": None,
                "thumb_ms": int(form.get("thumb_offset") or 0),
            },
        )
        if by_url:
            await self._fetch(container, by_url)
            return web.json_response({"id": container}, headers=_usage())
        version = request.match_info["version"]
        uri = f"{self._base}/instagram/rupload/ig-api-upload/{version}/{container}"
        return web.json_response({"id": container, "uri": uri}, headers=_usage())

    async def _fetch(self, container: str, url: str) -> None:
        """As Meta's crawler would: ASCII addresses, no redirects, in time."""
        c = self._s.get("instagram.container", container)
        assert c is not None
        file = self._s.media / f"ig-{container}.mp4"
        lost = self._fault("media", "lost_video_url", c["account"])
        try:
            if lost is not None or not url.isascii():
                raise ValueError("not fetched")
            async with (
                ClientSession(timeout=ClientTimeout(total=20)) as http,
                http.get(url, allow_redirects=False) as answer,
            ):
                if answer.status != 200:
                    raise ValueError("not fetched")
                file.write_bytes(await answer.read())
        except (ClientError, TimeoutError, ValueError):
            c["problem"] = "2207052"
            self._s.put("instagram.container", container, c)
            return
        await self._filled(container, c, Upload(file))

    async def _filled(self, container: str, c: dict[str, Any], file: Upload) -> None:
        c["done_at"] = self._s.now_s
        c["problem"] = await self._problem(file, c)
        c["file"], c["sha256"] = file.path.name, await file.sha256()
        c["size"] = file.path.stat().st_size
        self._s.put("instagram.container", container, c)

    async def upload(self, request: web.Request) -> web.Response:
        account = self._who(request, "OAuth ")
        container = request.match_info["id"]
        c = self._s.get("instagram.container", container)
        if c is None or c["account"] != account:
            return _no_upload("container not found")
        try:
            offset, size = (int(request.headers[h]) for h in ("offset", "file_size"))
        except (KeyError, ValueError):
            return _no_upload("offset and file_size are needed")
        if self._fault("upload", "refused", account):
            return graph_error(190, 0, "this token cannot be used here", 401)
        if self._fault("upload", "not_retriable", account):
            return _no_upload("the file cannot be processed")
        if self._fault("upload", "retriable", account):
            return _no_upload("try again", retriable=True)
        if size > MAX_B:
            return _no_upload("file is larger than 300 MB")
        if offset != c["uploaded"] or c["done_at"] is not None:
            return _no_upload(f"offset must be {c['uploaded']}", retriable=True)
        file = Upload(self._s.media / f"ig-{container}.mp4")
        cut = self._fault("upload", "cut", account)
        keep = (size - offset) // 2 if cut else None
        taken = await file.write(request, offset, size - offset, keep=keep)
        c["uploaded"] = offset + taken
        self._s.put("instagram.container", container, c)
        if cut is not None:
            await drop(request)
        if c["uploaded"] != size:
            return _no_upload("upload is not whole", retriable=True)
        await self._filled(container, c, file)
        return web.json_response({"success": True, "message": "Upload successful."})

    async def _problem(self, file: Upload, c: dict[str, Any]) -> str:
        if self._fault("processing", "stuck", c["account"]):
            return "stuck"
        if fail := self._fault("processing", "fail", c["account"]):
            return fail.value
        strange = await problem_of(
            file.path, self._s.problems, longest_s=900, smallest=100, largest=1920, shortest_s=3.0
        )
        if strange or not moov_is_first(file.path) or has_edit_list(file.path):
            return "2207026"
        return ""

    def _container(self, c: dict[str, Any]) -> tuple[str, str]:
        """`status_code` and its text."""
        now = self._s.now_s
        if c["media"]:
            return "PUBLISHED", "Published: Media has been successfully published."
        if now - c["made"] > DAY_S:
            return "EXPIRED", "Expired: The container was not published within 24 hours."
        if c["problem"] and c["problem"] != "stuck":
            return "ERROR", f"Error: Media upload has failed with error code {c['problem']}"
        waits = c["done_at"] is None or now - c["done_at"] < PROCESSING_S
        if waits or c["problem"] == "stuck":
            return "IN_PROGRESS", "In Progress: Media is still being processed."
        return "FINISHED", "Finished: Media has been uploaded and it is ready to be published."

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
        if self._fault("media_publish", "manual_post", account):
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
        if self._fault("media_publish", "blocked_but_live", account):
            raise GraphError(4, 2207051, "action is blocked")
        return web.json_response({"id": c["media"]}, headers=_usage())

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
        quota = self._fault("limit", "quota", account)
        others = self._fault("limit", "used", account)
        total = int(quota.value) if quota else QUOTA
        used = self._used(account) + (int(others.value) if others else 0)
        config = {"quota_total": total, "quota_duration": DAY_S}
        body = {"data": [{"config": config, "quota_usage": used}]}
        return web.json_response(body, headers=_usage())

    async def listing(self, request: web.Request) -> web.Response:
        account = self._mine(request)
        n = int(request.query.get("limit", "25"))
        media = [self._media(p) for p in self._s.posts("instagram", account)[:n]]
        return web.json_response({"data": media}, headers=_usage())

    async def read(self, request: web.Request) -> web.Response:
        """A container or a post, by its id."""
        account = self._who(request)
        wanted = request.match_info["id"]
        if self._fault("object", "revoked", account):
            self._s.forget("instagram.token", account=account)
            raise GraphError(190, 460, "the password was changed")
        if self._fault("object", "lost", account):
            raise GraphError(100, 33, "object does not exist or no permission")
        c = self._s.get("instagram.container", wanted)
        if c is not None and c["account"] == account:
            code, status = self._container(c)
            phase = {"uploading_phase": {"bytes_transferred": c["uploaded"]}}
            body = {"id": wanted, "status_code": code, "status": status, "video_status": phase}
            return web.json_response(body, headers=_usage())
        post = self._s.post(wanted)
        if post is None or post["account"] != account:
            raise GraphError(100, 33, "object does not exist or no permission")
        media = self._media(post)
        if self._fault("object", "no_permalink", account):
            media.pop("permalink")
        return web.json_response(media, headers=_usage())

    def _media(self, post: dict[str, Any]) -> dict[str, Any]:
        at = datetime.fromtimestamp(post["at"], UTC)
        return {
            "id": post["remote_id"],
            "caption": post["caption"],
            "media_type": "VIDEO",
            "media_product_type": "REELS",
            "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
            "username": post["account"],
            "permalink": f"{self._base}/instagram/reel/{post['remote_id']}/",
        }


def _no_upload(message: str, *, retriable: bool = False) -> web.Response:
    debug = {"retriable": retriable, "type": "ProcessingFailedError", "message": message}
    return web.json_response({"debug_info": debug}, status=400)


def _told(handler: Any) -> Any:
    """Refusals in the Graph shape; versions that ended are refused like there."""

    async def told(request: web.Request) -> web.StreamResponse:
        version = request.match_info.get("version", "v25.0")
        if int(version[1:].split(".")[0]) < 21:
            return graph_error(2635, 0, "this version is no longer available")
        try:
            return await handler(request)  # type: ignore[no-any-return]
        except GraphError as no:
            return graph_error(no.code, no.sub, no.message, no.http)

    return told
