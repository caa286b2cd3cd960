"""One resumable upload to YouTube. Its address is the handle: whatever got lost is settled by
asking it, and never by beginning another one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.publish.errors import Unknown, Wait
from core.publish.hand import Hand
from core.publish.post import Post
from core.publish.wire import Part
from core.publish.youtube.wire import Stored, Wire
from core.say import say

STEP_B = 262_144
"""Parts are multiples of it, all but the last one."""
PART_B = 128 * STEP_B
"""33.5 MB: most clips go in one part and their tail."""
LIFE = timedelta(days=6)
"""A session is known for about a week."""
_IDLE_TRIES = 5


def next_part(size_b: int, have: int) -> tuple[int, int]:
    """First and last byte of what follows. The tail, after which it is published, is small: at most
    one step, so that the dangerous call is a short one."""
    tail = (size_b - 1) // STEP_B * STEP_B
    if have >= tail:
        return have, size_b - 1
    return have, min((have // STEP_B) * STEP_B + PART_B, tail) - 1


@dataclass(frozen=True, slots=True)
class Session:
    """An upload that was begun."""

    url: str
    made_at: datetime

    @classmethod
    def held(cls, hand: Hand) -> Session | None:
        """The one of an earlier step."""
        if "session" not in hand.refs:
            return None
        raw = json.loads(hand.refs["session"])
        return cls(raw["url"], datetime.fromisoformat(raw["made_at"]))

    async def keep(self, hand: Hand) -> None:
        raw = {"url": self.url, "made_at": self.made_at.isoformat()}
        await hand.note("session", json.dumps(raw))

    def over(self, hand: Hand) -> bool:
        return hand.refs.get("dead") == self.url or hand.now() - self.made_at > LIFE

    def may_be_whole(self, hand: Hand) -> bool:
        """Whether the last byte was ever on its way."""
        return hand.intent_at is not None and hand.intent_at >= self.made_at

    async def ask(self, wire: Wire, post: Post, hand: Hand) -> Stored:
        """How far it is; a finished video is kept at once. Raises Unknown without an answer."""
        return await self._heard(await wire.progress(self.url, post.size_b), hand)

    async def send(self, wire: Wire, post: Post, hand: Hand, have: int) -> None:
        """Everything but the tail. After a lost answer nothing is sent before it is known how much
        arrived."""
        known, idle = True, 0
        while idle < _IDLE_TRIES:
            first, last = next_part(post.size_b, have)
            if known and last == post.size_b - 1:
                await hand.note("have", str(have))
                return
            hand.ours()
            if known:
                part = Part(post.file, first, last, hand.ours)
                got = await wire.put(self.url, part, post.size_b)
            else:
                await hand.sleep(min(8.0, 0.5 * 2**idle))
                got = await wire.progress(self.url, post.size_b)
            if got.gone:
                await hand.note("dead", self.url)
                raise Wait(say("publish.upload_expired"), 5, "404", "upload")
            known = got.have is not None
            idle = 0 if known and (got.have or 0) > have else idle + 1
            have = have if got.have is None else got.have
        raise Wait(say("publish.upload_stuck"), 60, "upload_stuck")

    async def finish(self, wire: Wire, post: Post, hand: Hand) -> None:
        """The tail: after it YouTube makes a video of it."""
        first, last = next_part(post.size_b, int(hand.refs.get("have", "0")))
        hand.ours()
        got = await wire.put(self.url, Part(post.file, first, last, hand.ours), post.size_b)
        if got.gone:
            raise Unknown(say("publish.no_answer"), "404")  # the look finds out
        if not (await self._heard(got, hand)).video_id:  # it took less than was sent
            raise Unknown(say("publish.upload_short"))

    @staticmethod
    async def _heard(got: Stored, hand: Hand) -> Stored:
        if got.video_id:
            await hand.note("video_id", got.video_id)
        if got.have is None and not got.gone:
            raise Unknown(say("publish.no_answer"))
        return got
