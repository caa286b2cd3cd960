"""One container of Instagram: made, filled, and watched until it is ready. Nobody sees it, so a new
one may be made whenever an old one is of no use."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from core.publish.errors import Fix, NotReady, PlatformError, SignIn, Stale, Wait
from core.publish.hand import Hand
from core.publish.instagram.errors import GONE, container_failed
from core.publish.instagram.wire import Graph
from core.publish.post import Post
from core.publish.wire import Part
from core.say import say

LIFE = timedelta(hours=23)
"""It expires 24 h after it was made."""
PATIENCE = timedelta(minutes=30)
"""For its processing; then another one is made, once."""
MISSES = 3
"""So often in a row it may not be found before another one is made: Meta loses sight of containers
for moments."""
_UPLOADS = 4


@dataclass(frozen=True, slots=True)
class Container:
    """`way` is how the file gets there: sent by us, or fetched from our address."""

    id: str
    made_at: datetime
    way: Literal["bytes", "url"]

    @classmethod
    def held(cls, hand: Hand) -> Container | None:
        """The one of an earlier step."""
        if "container" not in hand.refs:
            return None
        raw = json.loads(hand.refs["container"])
        return cls(raw["id"], datetime.fromisoformat(raw["made_at"]), raw["way"])

    async def keep(self, hand: Hand) -> None:
        raw = {"id": self.id, "made_at": self.made_at.isoformat(), "way": self.way}
        await hand.note("container", json.dumps(raw))

    async def state(self, graph: Graph, hand: Hand) -> str:
        """Its `status_code`; "" when it is of no use any more. Raises Wait while it cannot be
        found and may come back."""
        if hand.now() - self.made_at > LIFE:
            return ""
        try:
            code, _ = await graph.container(self.id)
        except PlatformError as wrong:
            if wrong.code not in GONE:
                raise
            of, _, n = hand.refs.get("missed", "").partition(" ")
            missed = int(n) + 1 if of == self.id else 1
            if missed >= MISSES:
                return ""
            await hand.note("missed", f"{self.id} {missed}")
            raise
        return "" if code in ("ERROR", "EXPIRED") else code

    # ── filling it ─────────────────────────────────────────────────────────────────────────────

    def filled(self, hand: Hand) -> bool:
        return self.way == "url" or hand.refs.get("uploaded") == self.id

    async def fill(self, graph: Graph, root: str, post: Post, hand: Hand) -> None:
        """All bytes; after a break, the rest."""
        offset = await graph.uploaded_bytes(self.id) if hand.refs.get("filling") == self.id else 0
        await hand.note("filling", self.id)
        for attempt in range(_UPLOADS):
            if offset >= post.size_b:
                break
            hand.ours()
            rest = Part(post.file, offset, post.size_b - 1, hand.ours)
            if await self._sent(graph, f"{root}/{self.id}", rest, post):
                break
            await hand.sleep(0.5 * 2**attempt)
            offset = await graph.uploaded_bytes(self.id)
        else:
            raise Wait(say("publish.upload_stuck"), 60, "upload_stuck")
        await hand.note("uploaded", self.id)

    async def _sent(self, graph: Graph, url: str, rest: Part, post: Post) -> bool:
        """Raises Fix with the code `no_upload` when Instagram takes no files from this sign-in."""
        try:
            return await graph.upload(url, rest, post.size_b)
        except (Stale, SignIn) as wrong:
            await graph.container(self.id)  # raises when the sign-in is really no good any more
            raise Fix(say("instagram.no_upload"), "no_upload") from wrong
        except Fix as wrong:
            if wrong.code in ("401", "403"):
                raise Fix(say("instagram.no_upload"), "no_upload") from wrong
            raise

    # ── watching it ────────────────────────────────────────────────────────────────────────────

    async def ready(self, graph: Graph, hand: Hand) -> bool:
        """True when it can be published, False when it was already. Raises NotReady while
        Instagram works on it, and what is wrong with it when it will never be ready."""
        code, status = await graph.container(self.id)
        if code == "FINISHED":
            return True
        if code == "PUBLISHED":
            return False
        if code in ("ERROR", "EXPIRED"):
            raise container_failed(code, status)
        age = hand.now() - self.made_at
        if age <= PATIENCE:
            raise NotReady(say("instagram.still_processing"), _pace_s(age.total_seconds()))
        if hand.refs.get("slow", self.id) != self.id:
            raise Fix(say("instagram.never_ready"), "IN_PROGRESS")
        await hand.note("slow", self.id)
        raise Wait(say("instagram.still_processing"), 5, "IN_PROGRESS", "upload")

    def given_up(self, hand: Hand) -> bool:
        return hand.refs.get("slow") == self.id


def _pace_s(age_s: float) -> float:
    """Instagram advises a look a minute; small files are ready much sooner."""
    return 3.0 if age_s < 6 else 10.0 if age_s < 80 else 60.0
