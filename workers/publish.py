"""Posts, sign-ins and how posts fare: each job takes one of them a step further."""

from __future__ import annotations

from core.errors import Later
from core.jobs.kinds import FIGURES, PUBLISH, REFRESH
from core.publish.errors import PlatformError
from workers.run import Run, job


@job(PUBLISH)
async def publish(run: Run) -> None:
    """One post on one account. What comes next is written into the rows, not into this job."""
    await run.svc.posting.advance(run.args["target"])


@job(REFRESH)
async def refresh(run: Run) -> None:
    """Renew one sign-in. A network that is away disconnects nobody."""
    try:
        await run.svc.posting.renew(run.args["account"], ended=bool(run.args.get("ended")))
    except PlatformError as wrong:
        raise Later(600, wrong.code) from wrong


@job(FIGURES)
async def figures(run: Run) -> None:
    """Read how the posts of one account fare."""
    await run.svc.posting.read_figures(run.args["account"])
