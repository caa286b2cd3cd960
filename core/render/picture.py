"""The picture of a clip, beside its sound: framed, captioned, joined and encoded in one pass."""

from __future__ import annotations

from core.framing.plan import Plan
from core.media.facts import Format
from core.media.ffmpeg import run
from core.media.inputs import file_arg
from core.media.turns import my_turn
from core.render.encode import SOFTWARE, Encoder, file_args, picture_args
from core.render.encoders import ROOMY
from core.render.ends import joined_picture
from core.render.graph import picture_graph
from core.render.logo import stamped
from core.render.scaling import has_zimg, picture_of
from core.render.work import Work
from core.tell import Tell

PICTURE = "picture.mp4"


async def make_picture(
    work: Work, plan: Plan, fmt: Format, words: str | None, encoder: Encoder, tell: Tell
) -> None:
    """Write it with this encoder; `words` is the filter that draws the captions."""
    length_s, software = work.beat.whole_s, encoder is SOFTWARE
    args = await _command(work, plan, fmt, words, encoder)
    async with my_turn("picture"):
        await run(
            args,
            exe=work.exe,
            # A driver that hangs is found out soon; on one slow core software is only slow.
            timeout_s=work.timeout_s if software else 60 + 4 * length_s,
            cwd=work.scratch,
            limits=None if software else ROOMY,
            on_progress=lambda s: tell("render", 0.97 * min(1.0, s / length_s)),
        )


async def _command(
    work: Work, plan: Plan, fmt: Format, words: str | None, encoder: Encoder
) -> list[str]:
    """The one pass that makes it."""
    graph, source, other = await drawn(work, plan, fmt, words)
    graph = joined_picture(graph, work.ends, fmt, first=source.count("-i"))
    if encoder.upload:
        graph += f";[v]{encoder.upload}[up]"
    return [
        *encoder.device,
        *source,
        *work.ends.inputs(),
        *("-filter_complex", graph, "-map", "[up]" if encoder.upload else "[v]"),
        *("-an", "-sn", "-dn", *picture_args(work.beat, encoder), *file_args()),
        *(file_arg(work.scratch / PICTURE), *other),
    ]


async def drawn(
    work: Work, plan: Plan, fmt: Format, words: str | None
) -> tuple[str, list[str], list[str]]:
    """The graph to `[v]` of the clip itself with its captions and its logo, the arguments that open
    what it reads, and an output that takes what it does not."""
    facts = work.video.facts
    picture = picture_of(facts, zimg=await has_zimg(work.exe))
    graph = picture_graph(plan, work.beat, picture, fmt, captions=words, source=facts.stream)
    source, other = work.alone("picture")
    if work.logo is not None:
        logo, spot = work.logo
        graph = stamped(graph, spot, work.beat, number=1)
        source = [*source, "-f", "png_pipe", "-i", file_arg(logo)]
    return graph, source, other
