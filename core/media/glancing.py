"""A small program that prints how long a file says it is, in seconds, or nothing.

    python -I glancing.py FILE DEMUXERS

It runs behind `confined.py` and decodes nothing.
"""

from __future__ import annotations

import sys

import av


def main(argv: list[str]) -> None:
    name, demuxers = argv
    av.logging.set_level(None)
    options = {"protocol_whitelist": "file", "format_whitelist": demuxers, "fflags": "+nobuffer"}
    with av.open(f"file:{name}", options=options) as container:
        if container.duration and container.streams.video:
            print(container.duration / 1_000_000)  # noqa: T201  # this is the answer


if __name__ == "__main__":
    main(sys.argv[1:])
