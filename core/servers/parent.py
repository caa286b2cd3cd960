"""A process that was started by `clipdesk up` ends with it, also when that one was killed."""

from __future__ import annotations

import asyncio
import os
import signal

LOOK_S = 1.0


async def end_with_parent() -> None:
    """Watch the parent named in the environment; when it is gone, ask ourselves to stop."""
    named = os.environ.get("CLIPDESK_PARENT")
    if not named:
        return
    while os.getppid() == int(named):  # noqa: ASYNC110  # a death gives no event
        await asyncio.sleep(LOOK_S)
    os.kill(os.getpid(), signal.SIGTERM)
