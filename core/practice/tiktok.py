"""Practice TikTok: the wire contract of Login Kit and Content Posting, as strict as the real one.

Source of every rule: developers.tiktok.com as of November 2026.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from core.practice.faults import Fault, Faults, Handler, drop
from core.practice.media import Upload, problem_of
from core.practice.pages import consent_page
from core.practice.state import State, new_id, number_id

ACCESS_S, REFRESH_S = 7200, 180 * 86400
PROCESSING_S, LINK_S = 1.5, 2.5
UPLOAD_S = 3600
MB5, MB64, MB128 = 5_000_000, 64 << 20, 128 << 20
PRIVACY = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")
PER_MINUTE, PER_DAY, PENDING = 6, 15, 5
TYPES = ("video/mp4", "video/quicktime", "video/webm")
VISIBLE = {"PUBLIC_TO_EVERYONE": "public", "SELF_ONLY": "private"}


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
    """The answer of a fault. Some refusals come under HTTP 200."""
    name, _, value = fault.partition(":")
    if name == "code":
        return envelope({}, value, 200)  # type: ignore[no-any-return]
    codes = {
        "http_500": ("internal_error", 500),
        "http_429": ("rate_limit_exceeded", 429),
        "token_expired": ("access_token_invalid", 401),
    }
    return envelope({}, *codes[name])  # type: ignore[no-any-return]


def refuse_flat(fault: str) -> web.Response:
    """The same at the token endpoint, where answers are flat."""
    name, _, value = fault.partition(":")
    if name == "code":
        return _flat(value, "")
    return _flat(
        *{"http_500": ("server_error", "", 500)}.get(name, ("rate_limit_exceeded", "", 429))
    )


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
            app.router.add_post(api + path, self._on(call)(_told(handler)))
        app.router.add_get(api + "/user/info/", self._on("user_info")(_told(self.me)))
        app.router.add_put("/tiktok/upload/", self._on("upload")(self.upload))

    def _on(self, call: str) -> Callable[[Handler], Handler]:
        answer = refuse_flat if call in ("token", "revoke") else refuse
        return self._faults.on("tiktok", call, answer, self._s.sleep, self._account)

    def _account(self, request: web.Request) -> str:
        """Whose call it is, as far as it says so."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        found = self._s.get("tiktok.access", token)
        if found is None and (held := self._held(request)) is not None:
            found = self._s.get("tiktok.publish", held["publish_id"])
        return str(found["account"]) if found else ""

    def _held(self, request: web.Request) -> dict[str, Any] | None:
        return self._s.get("tiktok.upload", request.query.get("upload_token", ""))

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
        if request.content_type != "application/x-www-form-urlencoded":
            return _flat("invalid_request", "a form is needed")
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
        granted = self._faults.take("tiktok", "token", "scope", account=code["account"])
        return self._tokens(code["account"], granted.value if granted else code["scope"])

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
        if self._fault("creator_info", "disabled", account):
            body |= {"comment_disabled": True, "duet_disabled": True, "stitch_disabled": True}
        if longest := self._fault("creator_info", "longest", account):
            body["max_video_post_duration_sec"] = int(longest.value)
        return envelope(body)  # type: ignore[no-any-return]

    def _fault(self, call: str, name: str, account: str) -> Fault | None:
        return self._faults.take("tiktok", call, name, account=account)

    def _options(self, account: str) -> list[str]:
        """What the creator may choose now; remembered for the init that follows."""
        options = list(PRIVACY)
        if self._fault("creator_info", "private_account", account):
            options = ["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
        if self._fault("creator_info", "unaudited", account):
            options = ["SELF_ONLY"]
        self._s.put("tiktok.options", account, {"options": options})
        return options

    def _posted(self, account: str) -> int:
        return self._s.count("tiktok.posted", self._s.now_s - 86400, account + "/")

    def _limited(
        self, request: web.Request, scope: str, call: str, per_minute: int
    ) -> dict[str, Any]:
        who = self._who(request, scope)
        if self._s.too_often(call, who["account"], per_minute):
            raise Refusal("rate_limit_exceeded", 429)
        return who

    async def video_query(self, request: web.Request) -> web.Response:
        who = self._who(request, "video.list")
        if not {"id", "share_url"} & set(request.query.get("fields", "").split(",")):
            raise Refusal("invalid_params", 400, "fields")
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
        asked = self._s.get("tiktok.options", who["account"])
        if asked is None:
            raise Refusal("invalid_param", 400, "creator_info was never asked")
        if info.get("privacy_level") not in asked["options"]:
            raise Refusal("privacy_level_option_mismatch", 403)
        if not isinstance(info.get("brand_content_toggle"), bool):
            raise Refusal("invalid_param", 400, "brand_content_toggle")
        if info.get("brand_content_toggle") and info["privacy_level"] == "SELF_ONLY":
            raise Refusal("invalid_param", 400, "branded content cannot be private")
        if len(str(info.get("title", "")).encode("utf-16-le")) // 2 > 2200:
            raise Refusal("invalid_param", 400, "title")
        if self._posted(who["account"]) >= PER_DAY:
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
        named = (source.get(k) for k in ("video_size", "chunk_size", "total_chunk_count"))
        sizes = [n for n in named if type(n) is int]
        if len(sizes) != 3:
            raise Refusal("invalid_param", 400, "source_info")
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
        # Escapes in it must come back as they are: the address is signed there.
        url = f"{self._base}/tiktok/upload/?upload_id={publish_id[-12:]}&upload_token={token}%2F%2B"
        self._s.put("tiktok.upload", f"{token}/+", {"publish_id": publish_id})
        return envelope({"publish_id": publish_id, "upload_url": url})  # type: ignore[no-any-return]

    async def upload(self, request: web.Request) -> web.Response:
        held = self._held(request)
        if held is None or not request.raw_path.endswith("%2F%2B"):
            return web.Response(status=404)
        publish_id = held["publish_id"]
        p = self._s.get("tiktok.publish", publish_id)
        assert p is not None
        account = p["account"]
        if self._fault("upload", "gone_404", account):
            self._s.take("tiktok.upload", request.query["upload_token"])
            return web.Response(status=404)
        if self._fault("upload", "expired_403", account):
            p["until"] = 0
            self._s.put("tiktok.publish", publish_id, p)
        if p["until"] < self._s.now_s or p["done_at"] is not None:
            return web.Response(status=403)
        named = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", request.headers.get("Content-Range", ""))
        if not named or "Authorization" in request.headers:
            return web.Response(status=400, text="Content-Range wrong, or an Authorization header")
        first, last, total = (int(n) for n in named.groups())
        have = p["uploaded"]
        where = {"Content-Range": f"bytes 0-{have}/{p['size']}"}
        if total != p["size"] or last >= total or first > last:
            return web.Response(status=400, headers=where)
        if first != have or self._fault("upload", "range_416", account):
            return web.Response(status=416, headers=where)
        if not self._chunk_fits(p, first, last):
            return web.Response(status=400, text="chunk size")
        file = Upload(self._s.media / f"{publish_id.replace('~', '-')}.mp4")
        size = last - first + 1
        if request.content_length != size or request.content_type not in TYPES:
            return web.Response(status=400, text="Content-Length or Content-Type wrong")
        half = self._fault("upload", "short_206", account) or self._fault("upload", "cut", account)
        taken = await file.write(request, first, size, keep=size // 2 if half else None)
        if half is not None or taken != size:
            p["uploaded"] = first + taken
            self._s.put("tiktok.publish", publish_id, p)
            if half is None or half.name == "cut":
                await drop(request)
            return web.Response(
                status=206, headers={"Content-Range": f"bytes 0-{first + taken}/{total}"}
            )
        p["uploaded"] = last + 1
        if p["uploaded"] == total:
            await self._arrived(publish_id, p, file)
            return web.Response(status=201)
        self._s.put("tiktok.publish", publish_id, p)
        return web.Response(status=206, headers={"Content-Range": f"bytes 0-{last + 1}/{total}"})

    @staticmethod
    def _chunk_fits(p: dict[str, Any], first: int, last: int) -> bool:
        """Chunks in order; the rest of one that broke off is taken too, alone or with the next."""
        ends = {(i + 1) * p["chunk"] - 1 for i in range(p["count"] - 1)} | {p["size"] - 1}
        n, is_last = last - first + 1, last == p["size"] - 1
        return last in ends and (n <= MB128 if is_last else MB5 <= n <= MB64)

    async def _arrived(self, publish_id: str, p: dict[str, Any], file: Upload) -> None:
        """The last byte: from here on it publishes itself."""
        p["done_at"] = self._s.now_s
        p["problem"] = await problem_of(
            file.path, self._s.problems, longest_s=600, smallest=360, largest=4096
        )
        account = p["account"]
        if self._fault("processing", "stuck", account):
            p["problem"] = "stuck"
        if fail := self._fault("processing", "fail", account):
            p["problem"] = fail.value
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
                visible=VISIBLE.get(p["privacy"], "limited"),
                file=file.path.name,
                sha256=await file.sha256(),
                size_b=p["size"],
            )

    async def status(self, request: web.Request) -> web.Response:
        who = self._limited(request, "video.publish|video.upload", "status", 30)
        p = self._s.get("tiktok.publish", str((await _body(request)).get("publish_id", "")))
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
        if data.get(name) and self._fault("status", "no_id", account):
            data.pop(name)
        if data.get(name) and self._fault("status", "two_ids", account):
            data[name] = [*data[name], int(number_id())]
        if data.get(name) and self._fault("status", "id_as_string", account):
            data[name] = str(data[name][0])
        if self._fault("status", "no_bytes", account):
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


def _flat(error: str, description: str, http: int = 400) -> web.Response:
    """Token answers are not enveloped."""
    body = {"error": error, "error_description": description, "log_id": secrets.token_hex(12)}
    return web.json_response(body, status=http)


async def _body(request: web.Request) -> dict[str, Any]:
    if request.can_read_body and request.content_type != "application/json":
        raise Refusal("invalid_param", 400, "Content-Type")
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
