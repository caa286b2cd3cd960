"""Wall time and peak memory of a whole process tree."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Measured:
    """One run. Memory is the highest sum over all processes of the tree at one moment."""

    wall_s: float
    peak_b: int
    stdout: str


def _tree_b(root: psutil.Process) -> int:
    """Proportional set size where the system tells it: shared pages are counted once. A child that
    still lives in the memory of its parent, a moment before it becomes its own program, has none
    of its own."""
    total = 0
    own = root.cmdline()
    for process in [root, *root.children(recursive=True)]:
        try:
            if process != root and process.cmdline() == own:
                continue
            if sys.platform == "linux":
                total += process.memory_full_info().pss
            else:
                total += process.memory_info().rss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def measure(command: Sequence[str], *, memory: bool = False) -> Measured:
    """Run it to the end. Raises when it fails."""
    peak = 0
    began = time.monotonic()
    process = subprocess.Popen(
        list(command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        root = psutil.Process(process.pid)
        while not done.wait(0.25):
            try:
                peak = max(peak, _tree_b(root))
            except psutil.NoSuchProcess:
                return

    watcher = threading.Thread(target=watch, daemon=True)
    if memory:  # reading it costs time, so runs that are timed do without
        watcher.start()
    out, err = process.communicate()
    took = time.monotonic() - began
    done.set()
    if memory:
        watcher.join()
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed: {err[-2000:]}")
    return Measured(took, peak, out)
