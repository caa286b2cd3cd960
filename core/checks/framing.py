"""How the clip is framed: the face is kept, nothing is looked past, the camera does not dither."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from core.analysis.model import Analysis, Face, FaceSample
from core.checks.check import Check
from core.framing.plan import FaceAt, Layout, Plan, Window, turns, window_at

KEPT = 0.95
"""Share of the moments with a face at which it is in the picture."""
WHOLE = 0.8
"""Share of a face's box that must be inside for the face to count as kept."""
BLIND = 0.02
"""Share of the time in which people are visible and the window shows none of them."""
BLIND_S = 0.5
"""Two samples: in a short clip one late turn would already be more than the share."""
REVERSALS_PER_S = 0.15


def framing_checks(
    plan: Plan, faces: Sequence[FaceAt], analysis: Analysis, start_s: float, end_s: float
) -> Iterator[Check]:
    """From the plan that was carried out and from what was seen in the source."""
    kept = [_kept(plan, f) for f in faces if _can_be_whole(plan, f)]
    share = sum(kept) / len(kept) if kept else None
    limit = f"≥ {KEPT:.0%} of the moments with a face that fits"
    yield Check("face", share is None or share >= KEPT, _rounded(share), limit, must=False)
    blind = _blind(plan, analysis, start_s, end_s)
    ok = blind <= max(BLIND, BLIND_S / max(end_s - start_s, BLIND_S))
    limit = f"≤ {BLIND:.0%} of the time, or {BLIND_S:g} s"
    yield Check("blind", ok, _rounded(blind), limit, must=False)
    back = sum(turns(path) for la in plan.layouts if la.kind != "fit" for path in la.paths)
    allowed = max(1.0, REVERSALS_PER_S * (end_s - start_s))
    rate = back / max(end_s - start_s, 0.1)
    limit = f"≤ {REVERSALS_PER_S:g} a second"
    yield Check("reversals", back <= allowed, _rounded(rate), limit, must=False)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _layout(plan: Plan, t_s: float) -> Layout | None:
    found = [la for la in plan.layouts if la.start_s <= t_s]
    return found[-1] if found else (plan.layouts[0] if plan.layouts else None)


def windows(plan: Plan, t_s: float) -> list[Window]:
    """Every window in which a face is meant to be seen at a moment; none for `fit`. In `inset` the
    face is in the screen, too, but small: it counts in its tile."""
    layout = _layout(plan, t_s)
    if layout is None or layout.kind == "fit":
        return []
    paths = (layout.lower,) if layout.kind == "inset" else layout.paths
    return [window_at(path, t_s) for path in paths]


def _everything(plan: Plan, t_s: float) -> bool:
    """Whether the whole picture is shown, so that nobody is looked past."""
    layout = _layout(plan, t_s)
    return layout is None or layout.kind in ("fit", "inset")


def _inside(face: FaceAt | Face, window: Window) -> float:
    """Share of a face that a window shows."""
    w = min(face.x + face.w, window.x + window.w) - max(face.x, window.x)
    h = min(face.y + face.h, window.y + window.h) - max(face.y, window.y)
    return max(0.0, w) * max(0.0, h) / max(face.w * face.h, 1e-9)


def _can_be_whole(plan: Plan, face: FaceAt) -> bool:
    """A face that is bigger than the window cannot be kept whole by any framing."""
    shown = windows(plan, face.t_s)
    return not shown or any(face.w <= w.w and face.h <= w.h for w in shown)


def _kept(plan: Plan, face: FaceAt) -> bool:
    shown = windows(plan, face.t_s)
    return not shown or any(_inside(face, w) >= WHOLE for w in shown)


def _blind(plan: Plan, analysis: Analysis, start_s: float, end_s: float) -> float:
    """Share of the samples in which there are faces and none of them is shown."""
    times = [s.t_s for s in analysis.samples]
    a, b = bisect_left(times, start_s), bisect_left(times, end_s)
    missed = 0
    for n in range(a, b):
        if _everything(plan, times[n] - start_s):
            continue
        shown = windows(plan, times[n] - start_s)
        people = _people(analysis.samples, n)
        if people and not any(_inside(f, w) >= 0.5 for f in people for w in shown):
            missed += 1
    return missed / max(b - a, 1)


def _people(samples: Sequence[FaceSample], n: int) -> list[Face]:
    """Faces that are there before and after too: a face seen once is a pattern in the curtain."""
    beside = [samples[k].faces for k in (n - 1, n + 1) if 0 <= k < len(samples)]
    return [f for f in samples[n].faces if beside and all(_seen(f, others) for others in beside)]


def _seen(face: Face, others: Sequence[Face]) -> bool:
    """Whether one of the others is about where this one is."""
    return any(
        abs((o.x + o.w / 2) - (face.x + face.w / 2)) < face.w
        and abs((o.y + o.h / 2) - (face.y + face.h / 2)) < face.h
        for o in others
    )
