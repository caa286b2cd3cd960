"""Containers of practice Instagram: made, filled by an upload or from an address, processed."""

from __future__ import annotations

import secrets
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from core.media.boxes import box_names, has_edit_list, moov_is_first
from core.practice.faults import drop
from core.practice.instagram_sign_in import DAY_S, InstagramSignIn
from core.practice.instagram_wire import GraphError, graph_error, usage
from core.practice.media import Upload, problem_of

PROCESSING_S = 1.5
MAX_B = 300_000_000
CONTAINERS = 400


class InstagramContainers(InstagramSignIn):
    """Everything nobody sees yet."""

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
            return web.json_response({"id": container}, headers=usage())
        version = request.match_info["version"]
        uri = f"{self._base}/instagram/rupload/ig-api-upload/{version}/{container}"
        return web.json_response({"id": container, "uri": uri}, headers=usage())

    async def _fetch(self, container: str, url: str) -> None:
        """As Meta's crawler would: ASCII addresses, no redirects, in time."""
        c = self._s.get("instagram.container", container)
        assert c is not None
        file = self._s.media / f"ig-{container}.mp4"
        lost = self.fault("media", "lost_video_url", c["account"])
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
        if self.fault("upload", "refused", account):
            return graph_error(190, 0, "this token cannot be used here", 401)
        if self.fault("upload", "not_retriable", account):
            return _no_upload("the file cannot be processed")
        if self.fault("upload", "retriable", account):
            return _no_upload("try again", retriable=True)
        if size > MAX_B:
            return _no_upload("file is larger than 300 MB")
        if offset != c["uploaded"] or c["done_at"] is not None:
            return _no_upload(f"offset must be {c['uploaded']}", retriable=True)
        file = Upload(self._s.media / f"ig-{container}.mp4")
        cut = self.fault("upload", "cut", account)
        keep = (size - offset) // 2 if cut else None
        taken = await file.write(request, offset, size - offset, keep=keep)
        c = self._s.get("instagram.container", container) or c
        if c["done_at"] is not None or c["uploaded"] != offset:  # by another upload meanwhile
            return _no_upload(f"offset must be {c['uploaded']}", retriable=True)
        c["uploaded"] = offset + taken
        self._s.put("instagram.container", container, c)
        if cut is not None:
            await drop(request)
        if c["uploaded"] != size:
            return _no_upload("upload is not whole", retriable=True)
        await self._filled(container, c, file)
        return web.json_response({"success": True, "message": "Upload successful."})

    async def _problem(self, file: Upload, c: dict[str, Any]) -> str:
        if self.fault("processing", "stuck", c["account"]):
            return "stuck"
        if fail := self.fault("processing", "fail", c["account"]):
            return fail.value
        strange = await problem_of(
            file.path, self._s.problems, longest_s=900, smallest=100, largest=1920, shortest_s=3.0
        )
        names = box_names(file.path)
        if strange or not moov_is_first(names) or has_edit_list(names):
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


def _no_upload(message: str, *, retriable: bool = False) -> web.Response:
    debug = {"retriable": retriable, "type": "ProcessingFailedError", "message": message}
    return web.json_response({"debug_info": debug}, status=400)
