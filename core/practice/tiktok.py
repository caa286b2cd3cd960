"""Practice TikTok: the wire contract of Login Kit and Content Posting, as strict as the real one.

Source of every rule: developers.tiktok.com as of November 2026.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from core.practice.faults import Faults
from core.practice.media import Upload, problem_of
from core.practice.pages import consent_page
from core.practice.state import State, new_id, number_id

ACCESS_S, REFRESH_S = 7200, 180 * 86400
PROCESSING_S, LINK_S = 1.5, 2.5
UPLOAD_S = 3600
MB5, MB64, MB128 = 5_000_000, 64 << 20, 128 << 20
PRIVACY = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")
PER_MINUTE, PER_DAY, PENDING = 6, 15, 5


class Refusal(Exception):
    """An answer that is not `ok`."""

    def __init__(self, code: str, http: int = 400, message: str = "") -> None:
        super().__init__(code)
        self.code, self.http, self.message = code, http, message


def envelope(data: dict[str, Any], code: str = "ok", http: int = 200, message: str = "") -> Any:
    """`{data, error}`: success is the code, not the HTTP status."""
    error = {"code": code, "message": message, "log_id": secrets.token_hex(12)}
    return web.json_response({"data": data, "error": error}, status=http)


def refuse(fault: str) -> web.Response:
    """The answer of a fault."""
    codes = {
        "http_500": ("internal_error", 500),
        "http_429": ("rate_limit_exceeded", 429),
        "token_expired": ("access_token_invalid", 401),
    }
    return envelope({}, *codes[fault])  # type: ignore[no-any-return]


def check_chunks(size: int, chunk: int, count: int) -> bool:
    """The floor rule: the last chunk takes the remainder and is the largest."""
    if size <= 0 or chunk <= 0 or not 1 <= count <= 1000:
        return False
    if size < MB5:
        return count == 1 and chunk == size
    if count == 1:
        return chunk == size and size <= MB64
    return MB5 <= chunk <= MB64 and count == size // chunk and size - chunk * (count - 1) <= MB128


class TikTok:
    """Routes under `/tiktok`."""

    def __init__(self, state: State, faults: Faults, base: str) -> None:
        self._s, self._faults, self._base = state, faults, base
        self.key = state.once("tiktok.key", lambda: "practice" + secrets.token_hex(4))
        self.secret = state.once("tiktok.secret", lambda: secrets.token_hex(16))

    def routes(self, app: web.Application) -> None:
        on = self._faults.on
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
            app.router.add_post(api + path, on("tiktok", call, refuse)(_told(handler)))
        app.router.add_get(api + "/user/info/", on("tiktok", "user_info", refuse)(_told(self.me)))
        app.router.add_put("/tiktok/upload/{id}", on("tiktok", "upload", refuse)(self.upload))

    # ── signing in ─────────────────────────────────────────────────────────────────────────────

    async def authorize(self, request: web.Request) -> web.Response:
        q = request.query
        loopback = re.match(r"https?://(127\.0\.0\.1|localhost)(:\d+)?/", q.get("redirect_uri", ""))
        if q.get("client_key") != self.key or q.get("response_type") != "code" or not loopback:
            return web.Response(status=400, text="client_key, response_type or redirect_uri wrong")
        if not q.get("state") or not re.fullmatch(r"[0-9a-f]{64}", q.get("code_challenge", "")):
            return web.Response(status=400, text="state and a hex code_challenge are needed")
        return consent_page("TikTok", dict(q), q.get("scope", "").split(","))

    async def consent(self, request: web.Request) -> web.Response:
        form = await request.post()
        q = {k: str(v) for k, v in form.items()}
        back = q.get("redirect_uri", "")
        if not re.match(r"https?://(127\.0\.0\.1|localhost)(:\d+)?/", back):
            return web.Response(status=400, text="redirect_uri wrong")
        answer = {"state": q.get("state", "")}
        if q.get("answer") != "allow":
            answer |= {"error": "access_denied", "error_description": "the user said no"}
        else:
            code = new_id()
            name = re.sub(r"[^\w.]", "", q.get("account", ""))[:24] or "practice"
            self._s.put(
                "tiktok.code",
                code,
                {
                    "account": name,
                    "redirect_uri": back,
                    "challenge": q.get("code_challenge", ""),
                    "scope": q.get("scope", ""),
                    "until": self._s.now_s + 300,
                },
            )
            answer |= {"code": code, "scopes": q.get("scope", "")}
        raise web.HTTPFound(f"{back}?{urlencode(answer)}")

    async def token(self, request: web.Request) -> web.Response:
        form = {k: str(v) for k, v in (await request.post()).items()}
        if form.get("client_key") != self.key or form.get("client_secret") != self.secret:
            return _flat("invalid_client", "client key or secret wrong", 401)
        if form.get("grant_type") == "authorization_code":
            return self._by_code(form)
        if form.get("grant_type") == "refresh_token":
            old = self._s.take("tiktok.refresh", form.get("refresh_token", ""))
            if old is None or old["until"] < self._s.now_s:
                return _flat("invalid_grant", "refresh token is invalid or expired")
            return self._tokens(old["account"], old["scope"])
        return _flat("unsupported_grant_type", "")

    def _by_code(self, form: dict[str, str]) -> web.Response:
        code = self._s.take("tiktok.code", form.get("code", ""))
        if code is None or code["until"] < self._s.now_s:
            return _flat("invalid_grant", "code is expired or used")
        if code["redirect_uri"] != form.get("redirect_uri"):
            return _flat("invalid_grant", "redirect_uri differs")
        verifier = form.get("code_verifier", "")
        challenge = hashlib.sha256(verifier.encode()).hexdigest()
        if challenge != code["challenge"] or not re.fullmatch(r"[\w.~-]{43,128}", verifier):
            return _flat("invalid_request", "Code verifier or code challenge is invalid.")
        return self._tokens(code["account"], code["scope"])

    def _tokens(self, account: str, scope: str) -> web.Response:
        access, refresh, now = new_id("act."), new_id("rft."), self._s.now_s
        body = {"account": account, "scope": scope}
        self._s.put("tiktok.access", access, {**body, "until": now + ACCESS_S})
        self._s.put("tiktok.refresh", refresh, {**body, "until": now + REFRESH_S})
        return web.json_response(
            {
                "open_id": f"open-{account}",
                "scope": scope,
                "access_token": access,
                "expires_in": ACCESS_S,
                "refresh_token": refresh,
                "refresh_expires_in": REFRESH_S,
                "token_type": "Bearer",
            }
        )

    async def revoke(self, request: web.Request) -> web.Response:
        form = await request.post()
        self._s.take("tiktok.access", str(form.get("token", "")))
        return web.json_response({})

    def _who(self, request: web.Request, scope: str) -> dict[str, Any]:
        """The account behind the token, or the refusal."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        grant = self._s.get("tiktok.access", token) if kind == "Bearer" else None
        if grant is None or grant["until"] < self._s.now_s:
            raise Refusal("access_token_invalid", 401)
        if not set(scope.split("|")) & set(grant["scope"].split(",")):
            raise Refusal("scope_not_authorized", 401, scope)
        return grant

    # ── reading ────────────────────────────────────────────────────────────────────────────────

    async def me(self, request: web.Request) -> web.Response:
        who = self._who(request, "user.info.basic")
        name = who["account"]
        user = {"open_id": f"open-{name}", "display_name": name.title(), "username": name}
        return envelope({"user": user})  # type: ignore[no-any-return]

    async def creator_info(self, request: web.Request) -> web.Response:
        who = self._who(request, "video.publish")
        fault = self._faults.take("tiktok", "creator_info", "fail:")
        if fault:
            return envelope({}, fault.removeprefix("fail:"))  # type: ignore[no-any-return]
        return envelope(  # type: ignore[no-any-return]
            {
                "creator_username": who["account"],
                "creator_nickname": who["account"].title(),
                "creator_avatar_url": "",
                "privacy_level_options": list(PRIVACY),
                "comment_disabled": False,
                "duet_disabled": False,
                "stitch_disabled": False,
                "max_video_post_duration_sec": 600,
            }
        )

    async def video_query(self, request: web.Request) -> web.Response:
        who = self._who(request, "video.list")
        body = await _body(request)
        wanted = {str(i) for i in (body.get("filters") or {}).get("video_ids") or []}
        mine = [p for p in self._public(who["account"]) if p["remote_id"] in wanted]
        return envelope({"videos": [self._video(p) for p in mine]})  # type: ignore[no-any-return]

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
            "share_url": f"{self._base}/tiktok/@{post['account']}/video/{post['remote_id']}",
        }

    # ── posting ────────────────────────────────────────────────────────────────────────────────

    async def init(self, request: web.Request) -> web.Response:
        who = self._who(request, "video.publish")
        body = await _body(request)
        info = body.get("post_info") or {}
        if info.get("privacy_level") not in PRIVACY:
            raise Refusal("privacy_level_option_mismatch", 403)
        if info.get("brand_content_toggle") and info["privacy_level"] == "SELF_ONLY":
            raise Refusal("invalid_param", 400, "branded content cannot be private")
        if len(str(info.get("title", "")).encode("utf-16-le")) // 2 > 2200:
            raise Refusal("invalid_param", 400, "title")
        if self._s.count("tiktok.posted", self._s.now_s - 86400, who["account"] + "/") >= PER_DAY:
            raise Refusal("spam_risk_too_many_posts", 403)
        return self._begin(who, body, inbox=False, info=info)

    async def inbox_init(self, request: web.Request) -> web.Response:
        who = self._who(request, "video.upload")
        body = await _body(request)
        if set(body) - {"source_info"}:
            raise Refusal("invalid_param", 400, "only source_info")
        pending = self._s.count("tiktok.inbox", self._s.now_s - 86400, who["account"] + "/")
        if pending >= PENDING:
            raise Refusal("spam_risk_too_many_pending_share", 403)
        return self._begin(who, body, inbox=True, info={})

    def _begin(
        self, who: dict[str, Any], body: dict[str, Any], *, inbox: bool, info: dict[str, Any]
    ) -> web.Response:
        account, now = who["account"], self._s.now_s
        if self._s.count("tiktok.init", now - 60, account + "/") >= PER_MINUTE:
            raise Refusal("rate_limit_exceeded", 429)
        source = body.get("source_info") or {}
        try:
            sizes = [int(source[k]) for k in ("video_size", "chunk_size", "total_chunk_count")]
        except (KeyError, TypeError, ValueError):
            raise Refusal("invalid_param", 400, "source_info") from None
        if source.get("source") != "FILE_UPLOAD" or not check_chunks(*sizes):
            raise Refusal("invalid_param", 400, "chunk arithmetic")
        kind = "inbox" if inbox else "pub"
        publish_id = f"v_{kind}_file~v2-1.{secrets.randbelow(10**12):012d}"
        self._s.put("tiktok.init", f"{account}/{publish_id}", {})
        self._s.put(
            "tiktok.publish",
            publish_id,
            {
                "account": account,
                "inbox": inbox,
                "title": str(info.get("title", "")),
                "privacy": info.get("privacy_level"),
                "size": sizes[0],
                "chunk": sizes[1],
                "count": sizes[2],
                "uploaded": 0,
                "until": now + UPLOAD_S,
                "done_at": None,
            },
        )
        token = new_id()
        self._s.put("tiktok.upload", token, {"publish_id": publish_id})
        url = f"{self._base}/tiktok/upload/{token}"
        return envelope({"publish_id": publish_id, "upload_url": url})  # type: ignore[no-any-return]

    async def upload(self, request: web.Request) -> web.Response:
        held = self._s.get("tiktok.upload", request.match_info["id"])
        if held is None:
            return web.Response(status=404)
        publish_id = held["publish_id"]
        p = self._s.get("tiktok.publish", publish_id)
        assert p is not None
        if p["until"] < self._s.now_s:
            return web.Response(status=403)
        named = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", request.headers.get("Content-Range", ""))
        if not named or "Authorization" in request.headers:
            return web.Response(status=400, text="Content-Range wrong, or an Authorization header")
        first, last, total = (int(n) for n in named.groups())
        have = p["uploaded"]
        where = {"Content-Range": f"bytes 0-{have}/{p['size']}"}
        if total != p["size"] or last >= total or first > last:
            return web.Response(status=400, headers=where)
        if first != have:
            return web.Response(status=416, headers=where)
        if not self._chunk_fits(p, first, last):
            return web.Response(status=400, text="chunk size")
        file = Upload(self._s.media / f"{publish_id.replace('~', '-')}.mp4")
        if await file.write(request, first, last - first + 1) != last - first + 1:
            return web.Response(status=400, text="Content-Length and Content-Range differ")
        p["uploaded"] = last + 1
        if p["uploaded"] == total:
            await self._arrived(publish_id, p, file)
            return web.Response(status=201)
        self._s.put("tiktok.publish", publish_id, p)
        return web.Response(status=206, headers={"Content-Range": f"bytes 0-{last + 1}/{total}"})

    @staticmethod
    def _chunk_fits(p: dict[str, Any], first: int, last: int) -> bool:
        """Whole chunks in order; the rest of one that broke off is taken too."""
        ends = {(i + 1) * p["chunk"] - 1 for i in range(p["count"] - 1)} | {p["size"] - 1}
        return last in ends and (last == p["size"] - 1 or last - first < p["chunk"])

    async def _arrived(self, publish_id: str, p: dict[str, Any], file: Upload) -> None:
        """The last byte: from here on it publishes itself."""
        p["done_at"] = self._s.now_s
        p["problem"] = await problem_of(file.path, longest_s=600, smallest=360, largest=4096)
        if stuck := self._faults.take("tiktok", "processing", "stuck", "fail:"):
            p["problem"] = stuck if stuck == "stuck" else stuck.removeprefix("fail:")
        p["post_id"] = number_id()
        self._s.put("tiktok.publish", publish_id, p)
        if p["inbox"]:
            self._s.put("tiktok.inbox", f"{p['account']}/{publish_id}", {})
        elif not p["problem"]:
            self._s.put("tiktok.posted", f"{p['account']}/{publish_id}", {})
            self._s.publish(
                "tiktok",
                p["account"],
                publish_id,
                remote_id=p["post_id"],
                caption=p["title"],
                visible="private" if p["privacy"] == "SELF_ONLY" else "public",
                file=file.path.name,
                sha256=await file.sha256(),
                size_b=p["size"],
            )

    async def status(self, request: web.Request) -> web.Response:
        who = self._who(request, "video.publish|video.upload")
        p = self._s.get("tiktok.publish", str((await _body(request)).get("publish_id", "")))
        if p is None:
            raise Refusal("invalid_publish_id", 400)
        if p["account"] != who["account"]:
            raise Refusal("token_not_authorized_for_specified_publish_id", 403)
        return envelope(self._status_of(p))  # type: ignore[no-any-return]

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
        ids = [int(p["post_id"])] if p["privacy"] != "SELF_ONLY" and age >= LINK_S else []
        return {**data, "status": "PUBLISH_COMPLETE", "publicaly_available_post_id": ids}


def _flat(error: str, description: str, http: int = 400) -> web.Response:
    """Token answers are not enveloped."""
    body = {"error": error, "error_description": description, "log_id": secrets.token_hex(12)}
    return web.json_response(body, status=http)


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        found = await request.json() if request.can_read_body else {}
    except ValueError:
        raise Refusal("invalid_param", 400, "no JSON") from None
    return found if isinstance(found, dict) else {}


def _told(handler: Any) -> Any:
    """Refusals become the envelope."""

    async def told(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)  # type: ignore[no-any-return]
        except Refusal as no:
            return envelope({}, no.code, no.http, no.message)  # type: ignore[no-any-return]

    return told
