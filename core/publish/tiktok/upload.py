"""One upload to TikTok: in which parts a file goes, and how far it is.

What TikTok gave for it is kept in one mark, so that a kill between two lines never mixes the id of
one upload with the address of another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.publish.errors import PlatformError, Unknown, Wait
from core.publish.hand import Hand
from core.publish.post import Post
from core.publish.tiktok.wire import Put, Wire
from core.publish.wire import Part
from core.say import say

ONE_CHUNK_B = 64_000_000
CHUNK_B = 10_000_000
"""Right whether `MB` means 10^6 or 2^20, which TikTok does not say."""
LEAST_B = 5_000_000
"""Of every part but the last: also what broke off in the middle of a chunk keeps to it."""
ADDRESS_LIFE = timedelta(minutes=65)
"""An upload address works for an hour. Before that is surely over, a second upload could make two
posts: the first one might still be finished by a worker that was frozen."""
_IDLE_TRIES = 5


def chunks(size_b: int) -> list[tuple[int, int]]:
    """First and last byte of every chunk. The last one takes the remainder and is the largest."""
    if size_b <= ONE_CHUNK_B:
        return [(0, size_b - 1)]
    n = size_b // CHUNK_B
    starts = [i * CHUNK_B for i in range(n)]
    return [(s, size_b - 1 if i == n - 1 else s + CHUNK_B - 1) for i, s in enumerate(starts)]


def source_info(size_b: int) -> dict[str, Any]:
    """How a file is announced."""
    n = len(chunks(size_b))
    chunk_b = size_b if n == 1 else CHUNK_B
    return {
        "source": "FILE_UPLOAD",
        "video_size": size_b,
        "chunk_size": chunk_b,
        "total_chunk_count": n,
    }


def next_part(size_b: int, have: int) -> tuple[int, int]:
    """What follows on `have` bytes: the rest of the chunk it lies in, and the next chunk with it
    when that would be less than TikTok takes at once."""
    ends = [last for _, last in chunks(size_b) if last >= have]
    return have, next((e for e in ends if e - have + 1 >= LEAST_B), size_b - 1)


@dataclass(frozen=True, slots=True)
class Upload:
    """What TikTok gave: the id to ask about, and the address to send to."""

    publish_id: str
    url: str
    made_at: datetime

    @classmethod
    def held(cls, hand: Hand) -> Upload | None:
        """The one of an earlier step."""
        if "upload" not in hand.refs:
            return None
        raw = json.loads(hand.refs["upload"])
        return cls(raw["publish_id"], raw["url"], datetime.fromisoformat(raw["made_at"]))

    async def keep(self, hand: Hand) -> None:
        raw = {"publish_id": self.publish_id, "url": self.url, "made_at": self.made_at.isoformat()}
        await hand.note("upload", json.dumps(raw))

    def have(self, hand: Hand) -> int:
        """Bytes of it that are known to be there."""
        of, _, n = hand.refs.get("uploaded", "").partition(" ")
        return int(n) if of == self.publish_id else 0

    async def note(self, hand: Hand, have: int) -> None:
        await hand.note("uploaded", f"{self.publish_id} {have}")

    def over(self, hand: Hand) -> bool:
        """Whether its address surely works no more."""
        dead = hand.refs.get("dead") == self.publish_id
        return dead or hand.now() - self.made_at > ADDRESS_LIFE

    async def status(self, wire: Wire) -> tuple[str, int]:
        """Status and how many bytes arrived; ("", 0) for an id TikTok does not know any more."""
        try:
            found = await wire.post(
                "/v2/post/publish/status/fetch/", {"publish_id": self.publish_id}
            )
        except PlatformError as wrong:
            if wrong.code == "invalid_publish_id":
                return "", 0
            raise
        return str(found.get("status", "")), number(found.get("uploaded_bytes"), 0)

    # ── sending ────────────────────────────────────────────────────────────────────────────────

    async def send(self, wire: Wire, post: Post, hand: Hand) -> None:
        """Everything but the part with the last byte; what is there already is not sent again."""
        idle = 0
        while idle < _IDLE_TRIES:
            have = self.have(hand)
            first, last = next_part(post.size_b, have)
            if last == post.size_b - 1:
                return
            arrived = (await self._put(wire, post, hand, first, last)).have
            if arrived is None:  # no answer: ask how far it got, and send only the rest
                await hand.sleep(min(8.0, 0.5 * 2**idle))
                _, arrived = await self.status(wire)
            idle = 0 if arrived > have else idle + 1
            if arrived != have:
                await self.note(hand, arrived)
        raise Wait(say("publish.upload_stuck"), 60, "upload_stuck")

    async def finish(self, wire: Wire, post: Post, hand: Hand) -> None:
        """The part with the last byte: after it TikTok publishes by itself."""
        first, last = next_part(post.size_b, self.have(hand))
        if first > last:
            return
        got = await self._put(wire, post, hand, first, last)
        if got.have is None:
            raise Unknown(say("publish.no_answer"))
        await self.note(hand, got.have)
        if got.have <= last:  # it took less than was sent: the rest follows after the next look
            raise Unknown(say("publish.upload_short"))

    async def _put(self, wire: Wire, post: Post, hand: Hand, first: int, last: int) -> Put:
        hand.ours()
        got = await wire.put(self.url, Part(post.file, first, last, hand.ours), post.size_b)
        if got.dead:  # noted, so that the next try makes a new one
            await hand.note("dead", self.publish_id)
            raise Wait(say("publish.upload_expired"), 5, "upload_expired", "upload")
        return got


def number(raw: object, otherwise: int) -> int:
    """A number of an answer; `otherwise` when there is none."""
    try:
        return int(float(str(raw)))
    except ValueError:
        return otherwise
