"""Uploads to practice TikTok: announced, sent in chunks, published with their last byte."""

from __future__ import annotations

import re
import secrets
from typing import Any

from aiohttp import web

from core.practice.faults import drop
from core.practice.media import Upload, problem_of
from core.practice.state import new_id, number_id
from core.practice.tiktok_sign_in import TikTokSignIn
from core.practice.tiktok_wire import Refusal, body_of, envelope

UPLOAD_S = 3600
MB5, MB64, MB128 = 5_000_000, 64 << 20, 128 << 20
PER_MINUTE, PER_DAY, PENDING = 6, 15, 5
TYPES = ("video/mp4", "video/quicktime", "video/webm")
VISIBLE = {"PUBLIC_TO_EVERYONE": "public", "SELF_ONLY": "private"}


def check_chunks(size: int, chunk: int, count: int) -> bool:
    """The floor rule: the last chunk takes the remainder and is the largest."""
    if size <= 0 or chunk <= 0 or not 1 <= count <= 1000:
        return False
    if size < MB5:
        return count == 1 and chunk == size
    if count == 1:
        return chunk == size and size <= MB64
    return MB5 <= chunk <= MB64 and count == size // chunk and size - chunk * (count - 1) <= MB128


class TikTokUploads(TikTokSignIn):
    """Content Posting by file upload."""

    async def init(self, request: web.Request) -> web.Response:
        who = self._who(request, "video.publish")
        body = await body_of(request)
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
        body = await body_of(request)
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
        if self.fault("upload", "gone_404", account):
            self._s.take("tiktok.upload", request.query["upload_token"])
            return web.Response(status=404)
        if self.fault("upload", "expired_403", account):
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
        if first != have or self.fault("upload", "range_416", account):
            return web.Response(status=416, headers=where)
        if not self._chunk_fits(p, first, last):
            return web.Response(status=400, text="chunk size")
        file = Upload(self._s.media / f"{publish_id.replace('~', '-')}.mp4")
        size = last - first + 1
        if request.content_length != size or request.content_type not in TYPES:
            return web.Response(status=400, text="Content-Length or Content-Type wrong")
        half = self.fault("upload", "short_206", account) or self.fault("upload", "cut", account)
        taken = await file.write(request, first, size, keep=size // 2 if half else None)
        p = self._s.get("tiktok.publish", publish_id) or p
        if p["done_at"] is not None or p["uploaded"] != first:  # by another upload meanwhile
            return web.Response(status=416, headers=where)
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
        if self.fault("processing", "stuck", account):
            p["problem"] = "stuck"
        if fail := self.fault("processing", "fail", account):
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

    def _posted(self, account: str) -> int:
        return self._s.count("tiktok.posted", self._s.now_s - 86400, account + "/")
