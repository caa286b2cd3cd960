"""The kinds of work, and which queue each belongs to.

Three queues, so that a long render never delays the recovery of a post
(`media` is processor time, `publish` is network, `light` is housekeeping).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

QueueName = Literal["media", "publish", "light"]
QUEUES: tuple[QueueName, ...] = ("media", "publish", "light")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job. `tries` counts starts that did not end well; a job that asks for `Later`
    does not spend one."""

    name: str
    queue: QueueName
    tries: int
    timeout_s: float


ANALYSE = Kind("analyse", "media", 3, 4 * 3600)
"""args: cut. Probe and analyse the source of a request, propose its clips."""
RENDER = Kind("render", "media", 3, 3600)
"""args: clip. Render one clip and show it."""
EDIT = Kind("edit", "media", 3, 3600)
"""args: clip, recipe, chat. Make another version of a clip and show it."""
SAMPLE = Kind("sample", "media", 2, 600)
"""args: chat, member. Make a sample video and cut it."""
PUBLISH = Kind("publish", "publish", 50, 1800)
"""args: target. Take one post on one account a step further."""
REFRESH = Kind("refresh", "light", 10, 120)
"""args: account. Renew a sign-in before it lapses."""
FIGURES = Kind("figures", "light", 5, 300)
"""args: account. Read how its posts fare."""

FETCH = Kind("fetch", "light", 6, 4 * 3600)
"""args: arrival. Fetch what a link leads to."""

KINDS = {k.name: k for k in (ANALYSE, RENDER, EDIT, SAMPLE, PUBLISH, REFRESH, FIGURES, FETCH)}
