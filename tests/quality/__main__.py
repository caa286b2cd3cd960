"""Runs the product over recordings and prints how good the clips are.

Measured on the finished files and on the JSON, by code that shares nothing with the engine: a
figure that falls short says so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from core.media.ffmpeg import find
from core.settings import Settings
from tests.quality import choice, crop, cuts, reactions, sound, words
from tests.quality.finished import loudness, spec_faults
from tests.quality.joins import Met, meet
from tests.quality.material import Case, cases

ROOT = Path(__file__).parents[2]


class Tally:
    """What was counted over all clips of all cases."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.lufs: list[float] = []
        self.peaks: list[float] = []
        self.f1: list[float] = []
        self.spread: list[float] = []
        self.faults: list[str] = []
        self.met: list[Met] = []
        self.worn: list[dict[str, float]] = []
        self.music_lu: list[float] = []

    def add(self, name: str, n: float = 1) -> None:
        self.counts[name] += n  # type: ignore[assignment]


def run(case: Case, out: Path) -> dict[str, Any] | None:
    """The JSON of one run; None when nothing was made, which is told."""
    command = [sys.executable, "-m", "bot", "clip", str(case.video), "--out", str(out), "--json"]
    command += ["--subtitles", str(case.subtitles)] if case.subtitles else []
    env = {**os.environ, **case.also}
    ran = subprocess.run(
        [*command, *case.options], cwd=ROOT, env=env, capture_output=True, text=True
    )
    if ran.returncode:
        print(f"{case.name:<24} exit {ran.returncode}: {ran.stderr.strip().splitlines()[-1]}")
        return None
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def measure(case: Case, told: dict[str, Any], exe: str, finder: crop.Finder, sum_: Tally) -> None:
    """One row of the table, and its share of the totals."""
    mine, said = Tally(), told["words"]
    if case.cuts_s is not None:
        mine.f1.append(cuts.f1(told["shots_s"][1:], case.cuts_s))
    if case.subtitles:
        lost, of = words.lost(case.subtitles, said)
        mine.add("words lost", lost)
        mine.add("words", of)
    for clip in told["clips"]:
        _clip(case, clip, told, exe, finder, mine)
    _choice(told, mine)
    _row(case.name, mine)
    sum_.counts.update(mine.counts)
    sum_.lufs += mine.lufs
    sum_.peaks += mine.peaks
    sum_.f1 += mine.f1
    sum_.spread += mine.spread
    sum_.faults += mine.faults
    sum_.met += mine.met
    sum_.worn += mine.worn
    sum_.music_lu += mine.music_lu


def _choice(told: dict[str, Any], mine: Tally) -> None:
    clips, said, length_s = told["clips"], told["words"], told["source"]["duration_s"]
    mine.add("overlaps", choice.overlaps(clips))
    mine.add("alike", choice.alike(clips, said))
    mine.add("ends", 2 * len(clips))
    mine.add("beside cuts", sum(choice.beside_cuts(c, told["shots_s"], length_s) for c in clips))
    if len(clips) > 1:
        mine.spread.append(choice.spread(clips, length_s))
    broken, of = choice.mid_sentence(clips, said)
    mine.add("mid-sentence", broken)
    mine.add("punctuated", of)


def _clip(
    case: Case,
    clip: dict[str, Any],
    told: dict[str, Any],
    exe: str,
    finder: crop.Finder,
    mine: Tally,
) -> None:
    file, said = Path(clip["file"]), told["words"]
    mine.add("clips")
    mine.add("seconds", clip["duration_s"])
    wrong = spec_faults(file, (clip["width"], clip["height"]))
    mine.faults += [f"{case.name} {clip['rank']}: {fault}" for fault in wrong]
    loud = loudness(exe, file)
    if loud.lufs is not None and loud.peak_dbtp is not None:
        mine.lufs.append(loud.lufs)
        mine.peaks.append(loud.peak_dbtp)
        mine.add("clicks", sound.clicks(file))
        if case.worn:
            mine.worn.append(sound.worn(clip, case.video, said))
        elif any(check["name"] == "cleaned" for check in clip["checks"]):
            mine.add("cleaned without need")
        if "--music" in case.options:
            mine.music_lu.append(sound.under_lu(clip, said, loud.lufs))
    mine.add("edges in a word", words.edges_inside(clip, said))
    air = words.air_s(clip, said)
    if air is not None:
        mine.add("edges with words", 2)
        mine.add("long edges", (air[0] > 0.36) + (air[1] > 0.46))
    for length_s, text in words.cues_of(clip, said):
        mine.add("cues")
        mine.add("single-word cues", len(text.split()) == 1)
        mine.add("short cues", length_s < 0.345)
        mine.add("wide cues", len(text.split()) > 3 or len(text) > 18)
    seen = crop.look(case.video, clip, finder)
    for name in ("looks", "with_face", "blind", "fits", "whole"):
        mine.add(name, getattr(seen, name))
    mine.add("reversals", crop.reversals(clip))
    mine.add("jumps off cuts", crop.jumps_off_cuts(clip, told["shots_s"]))
    mine.met.append(meet(exe, case.video, clip))
    mine.add("checks failed", sum(not check["ok"] for check in clip["checks"]))


def _share(a: float, b: float) -> str:
    return f"{100 * a / b:.0f} %" if b else "-"


def _row(name: str, t: Tally) -> None:
    c = t.counts
    loud = f"{min(t.lufs):.1f}…{max(t.lufs):.1f}" if t.lufs else "silent"
    print(
        f"{name:<24} {c['clips']:>3} clips {c['seconds']:>5.0f} s  {loud:>13} LUFS"
        f"  blind {_share(c['blind'], c['with_face']):>5}  whole {_share(c['whole'], c['fits']):>5}"
        f"  turns {c['reversals']}  in a word {c['edges in a word']}"
        f"  checks failed {c['checks failed']}" + (f"  cuts F1 {t.f1[0]:.2f}" if t.f1 else ""),
        flush=True,
    )


def _line(what: str, got: str, wanted: str, good: bool) -> None:
    print(f"{what:<46} {got:>20}   {wanted:<14} {'ok' if good else 'FALLS SHORT'}")


def summary(t: Tally) -> None:
    """The figures that were promised."""
    c = t.counts
    print()
    if t.f1:
        _line("cuts F1, one frame of tolerance", f"{min(t.f1):.3f}", ">= 0.95", min(t.f1) >= 0.95)
    if c["words"]:
        got = f"{c['words lost']} of {c['words']}"
        _line("words of subtitles lost", got, "none", not c["words lost"])
    _line("clip edges inside a word", str(c["edges in a word"]), "none", not c["edges in a word"])
    got = f"{c['long edges']} of {c['edges with words']}"
    _line("edges further than 0.35 / 0.45 s from a word", got, "none", not c["long edges"])
    _line("cues over 3 words or 18 characters", str(c["wide cues"]), "none", not c["wide cues"])
    _line("cues under 0.35 s", f"{c['short cues']} of {c['cues']}", "none", not c["short cues"])
    single = c["single-word cues"] / max(1, c["cues"])
    _line("single-word cues", f"{100 * single:.1f} %", "< 10 %", single < 0.1)
    if t.lufs:
        worst = max(abs(v + 14) for v in t.lufs)
        got = f"{min(t.lufs):.1f} … {max(t.lufs):.1f}"
        _line("loudness, LUFS", got, "-14 ± 0.5", worst <= 0.5)
        _line("true peak, dBTP", f"{max(t.peaks):.1f}", "<= -1", max(t.peaks) <= -1)
    _sound(t)
    _line("spec faults", ", ".join(t.faults[:3]) or "none", "none", not t.faults)
    per_s = c["reversals"] / max(1.0, c["seconds"])
    _line("turns of the crop a second", f"{per_s:.3f}", "<= 0.13", per_s <= 0.13)
    _line("jumps off a shot edge", str(c["jumps off cuts"]), "none", not c["jumps off cuts"])
    blind = c["blind"] / max(1, c["with_face"])
    _line("crop on nothing while a face is seen", f"{100 * blind:.1f} %", "<= 2 %", blind <= 0.02)
    whole = c["whole"] / max(1, c["fits"])
    _line("followed face whole, where it fits", f"{100 * whole:.1f} %", ">= 95 %", whole >= 0.95)
    _line("clips of one video that overlap", str(c["overlaps"]), "none", not c["overlaps"])
    _line("clips of one video that say the same", str(c["alike"]), "none", not c["alike"])
    got = f"{c['beside cuts']} of {c['ends']}"
    _line("ends within 0.2 s of a cut they do not sit on", got, "none", not c["beside cuts"])
    if c["punctuated"]:
        got = f"{c['mid-sentence']} of {c['punctuated']}"
        _line("clips that begin inside a sentence", got, "none", not c["mid-sentence"])
    _joins(t.met)
    if t.spread:
        mean = sum(t.spread) / len(t.spread)
        _line("parts of the videos with a clip", f"{100 * mean:.0f} %", ">= 60 %", mean >= 0.6)
    _line(
        "checks failed on finished files", str(c["checks failed"]), "none", not c["checks failed"]
    )


def _joins(met: list[Met]) -> None:
    """Of clips from which something was taken out."""
    count = sum(m.joins for m in met)
    if not count:
        return
    gone = sum(m.removed_s for m in met)
    _line("pauses and fillers taken out", f"{gone:.1f} s at {count} joins", "> 0 s", gone > 0)
    off = max((abs(o) for m in met for o in m.off_s), default=0.0)
    _line("sound off its picture at a join, ms", f"{1000 * off:.1f}", "<= 33", off <= 1 / 30)
    frames = max((abs(n) for m in met for n in m.frames_off), default=0)
    _line("frames off at a join", str(frames), "<= 1", frames <= 1)
    click = max(db for m in met for db in m.click_db)
    _line("sharpest bend at a join, dB over its side", f"{click:.1f}", "<= 12", click <= 12)


def _sound(t: Tally) -> None:
    clicks, needless = t.counts["clicks"], t.counts["cleaned without need"]
    _line("clicks at the ends of clips", str(clicks), "none", not clicks)
    _line("clean sounds that were changed", str(needless), "none", not needless)
    for name, least in (("hum", 10.0), ("noise", 6.0)):
        fell = [w[name] for w in t.worn]
        if fell:
            got = f"{min(fell):.0f} … {max(fell):.0f}"
            _line(f"{name} that was put in fell by, dB", got, f">= {least:g}", min(fell) >= least)
    if t.worn:
        off = max(w["speech"] for w in t.worn)
        _line("speech changed by that, dB", f"{off:.1f}", "<= 1.5", off <= 1.5)
    if t.music_lu:
        got = f"{min(t.music_lu):.1f} … {max(t.music_lu):.1f}"
        _line("music under the speech, LU", got, ">= 15", min(t.music_lu) >= 15)


def main() -> None:
    """Everything, or the cases whose names hold one of the given words."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality", description=__doc__)
    parser.add_argument("only", nargs="*", help="parts of names of cases")
    parser.add_argument("--keep", type=Path, help="a folder for the clips, to look at them")
    asked = parser.parse_args()
    settings = Settings.load()
    exe, finder, total = str(find(settings)), crop.Finder(), Tally()
    print(f"faces looked for by {finder.name}\n", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for number, case in enumerate(cases(settings, folder)):
            if asked.only and not any(word in case.name for word in asked.only):
                continue
            told = run(case, folder / f"{number:02d}")
            if told is not None:
                measure(case, told, exe, finder, total)
    summary(total)
    if not asked.only:
        print()
        reactions.report(settings)


if __name__ == "__main__":
    main()
