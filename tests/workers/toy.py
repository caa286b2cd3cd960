"""A worker with three small jobs of its own, to be killed, frozen and cancelled in tests.

python -m tests.workers.toy DATA_DIR REDIS_URL
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Later, Told
from core.jobs.kinds import KINDS, Kind
from core.media.child import Limits, confined
from core.say import Say
from core.settings import Settings
from workers.run import Run, job
from workers.settings import work

SLOW = KINDS.setdefault("slow", Kind("slow", "light", 3, 120))
"""args: folder, seconds. Starts a child, writes its pid, waits for it, counts its starts."""
SHAKY = KINDS.setdefault("shaky", Kind("shaky", "light", 3, 120))
"""args: folder, how. Fails as it is told."""


def _count(folder: Path, name: str) -> int:
    file = folder / name
    n = int(file.read_text()) + 1 if file.exists() else 1
    file.write_text(str(n))
    return n


async def _gave_up(tx: AsyncSession, run: Run, why: Say) -> None:
    (Path(run.args["folder"]) / "gave_up").write_text(why.key)


@job(SLOW, gave_up=_gave_up)
async def slow(run: Run) -> None:
    folder = Path(run.args["folder"])
    starts = _count(folder, "starts")
    seconds = str(run.args["seconds"] if starts == 1 else 0)
    async with confined(["/bin/sleep", seconds], cwd=folder, limits=Limits()) as child:
        (folder / "pid").write_text(str(child.pid))
        await child.wait()
    _count(folder, "ends")


@job(SHAKY, gave_up=_gave_up)
async def shaky(run: Run) -> None:
    starts = _count(Path(run.args["folder"]), "starts")
    match run.args["how"]:
        case "later" if starts < 3:
            raise Later(0.0, "not yet")
        case "told":
            raise Told("job.toy")
        case "bug":
            raise ZeroDivisionError("a bug")


if __name__ == "__main__":
    data_dir, redis_url = sys.argv[1:3]
    asyncio.run(work(Settings(data_dir=Path(data_dir), redis_url=redis_url), "light"))
