"""`clipdesk`: the command line. Every start-up problem ends in one readable line.

Processes that must not know each other (workers) are started by name, never imported.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn

from core.errors import Told, broken_install
from core.i18n.catalog import Catalog
from core.log import set_up_logs
from core.say import Say
from core.settings import Settings

Run = Callable[[argparse.Namespace, Settings], int]


def main(argv: list[str] | None = None) -> int:
    """The exit code. 0 is well, 1 is a problem told in one line (`clip` has more, see there)."""
    args = _parser().parse_args(argv)
    try:
        settings = Settings.load()
        run: Run = args.run
        return run(args, settings)
    except Told as told:
        return _told(told.say)
    except ImportError as wrong:
        return _told(broken_install(wrong))
    except KeyboardInterrupt:
        return 130
    except asyncio.CancelledError:  # `clip` was told to end
        return 143


def _told(what: Say) -> int:
    sys.stderr.write(f"clipdesk: {Catalog.load().text(what)}\n")
    return 1


class _Parser(argparse.ArgumentParser):
    """One line and exit code 1: the 2 of argparse says "no usable video" here."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="clipdesk", description="Turns long videos into vertical clips and posts them."
    )
    sub = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Run, text: str) -> argparse.ArgumentParser:
        found = sub.add_parser(name, help=text, description=text)
        found.set_defaults(run=run)
        return found

    add("up", _up, "Start everything on this machine and print the address of the chat.")
    add("bot", _bot, "Run the process that talks: web page, chats, courier.")
    worker = add("worker", _worker, "Run one worker process.")
    worker.add_argument("queue", choices=("media", "publish", "light"))
    _clip_arguments(add("clip", _clip, "Cut one video file, without any chat."))
    add("doctor", _doctor, "Check everything that is needed and say what is ready.")
    add("migrate", _migrate, "Bring the database to the newest schema.")
    backup = add("backup", _backup, "Write database, key and media into one file.")
    backup.add_argument("file", type=Path)
    restore = add("restore", _restore, "Read a backup into an empty data folder.")
    restore.add_argument("file", type=Path)
    models = add("models", _models, "Fetch the models that make words and framing better.")
    models.add_argument("action", choices=("pull",))
    add("practice", _practice, "Run the practice TikTok, Instagram and YouTube.")
    return parser


def _clip_arguments(clip: argparse.ArgumentParser) -> None:
    clip.add_argument("video", type=Path)
    clip.add_argument("--out", type=Path, required=True, help="folder for the clips")
    clip.add_argument("--count", type=int, help="how many clips")
    clip.add_argument("--min", type=_seconds, dest="min_s", help="shortest clip, seconds")
    clip.add_argument("--max", type=_seconds, dest="max_s", help="longest clip, seconds")
    clip.add_argument("--wish", default="", help='in plain words: "about pricing"')
    clip.add_argument("--captions", choices=("auto", "off"), default="auto")
    clip.add_argument(
        "--tighten",
        choices=("off", "pauses", "fillers", "both"),
        help="take long pauses, fillers such as um, or both out of the clips",
    )
    clip.add_argument("--subtitles", type=Path, help="SRT, VTT or ASS of the video")
    clip.add_argument("--music", type=Path, help="a sound file to lie under the speech")
    clip.add_argument("--brand", type=Path, help="TOML: font, letters, highlight, edge, logo, …")
    clip.add_argument("--json", action="store_true", help="one JSON object on stdout")


def _seconds(text: str) -> float:
    """A length: `nan`, `inf` and `-3` are numbers too, and mean nothing here."""
    with contextlib.suppress(ValueError):
        if 0 < (length_s := float(text)) < math.inf:
            return length_s
    raise argparse.ArgumentTypeError(f"not a number of seconds: {text!r}")


def _async(work: Coroutine[Any, Any, int | None]) -> int:
    return asyncio.run(work) or 0


def _up(_: argparse.Namespace, settings: Settings) -> int:
    from bot.up import up

    return _async(up(settings))


def _bot(_: argparse.Namespace, settings: Settings) -> int:
    from bot.app import run_bot

    set_up_logs(settings.log_format, process="bot")
    return _async(run_bot(settings))


def _worker(args: argparse.Namespace, _: Settings) -> int:
    command = [sys.executable, "-m", "workers", args.queue]
    os.execv(sys.executable, command)  # noqa: S606  # becomes the worker


def _clip(args: argparse.Namespace, settings: Settings) -> int:
    from bot.cut_file import cut_file

    set_up_logs("text", process="clip", level=30)
    return _async(cut_file(args, settings))


def _doctor(_: argparse.Namespace, settings: Settings) -> int:
    from bot.doctor import doctor

    set_up_logs("text", process="doctor", level=40)
    return _async(doctor(settings))


def _migrate(_: argparse.Namespace, settings: Settings) -> int:
    from core.db.migrate import migrate

    set_up_logs(settings.log_format, process="migrate", level=30)
    asyncio.run(migrate(settings))
    sys.stdout.write("The database has the newest schema.\n")
    return 0


def _backup(args: argparse.Namespace, settings: Settings) -> int:
    from bot.backup import backup

    return _async(backup(settings, args.file))


def _restore(args: argparse.Namespace, settings: Settings) -> int:
    from bot.backup import restore

    return _async(restore(settings, args.file))


def _models(_: argparse.Namespace, settings: Settings) -> int:
    from bot.pull import pull_models

    return _async(pull_models(settings))


def _practice(_: argparse.Namespace, settings: Settings) -> int:
    from bot.up import check_folder
    from core.practice.serve import serve

    check_folder(settings)
    set_up_logs(settings.log_format, process="practice")
    return _async(serve(settings, host=settings.host, port=settings.port + 1))


if __name__ == "__main__":
    sys.exit(main())
