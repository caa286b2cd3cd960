"""What keeps a single process from starting is one line: `bot` and `worker`, each on its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = (("bot",), ("worker", "media"))
commands = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


def clipdesk(command: tuple[str, ...], data_dir: Path, **settings: str) -> tuple[int, list[str]]:
    """The exit code, and what was said apart from the log."""
    ran = subprocess.run(
        [sys.executable, "-m", "bot", *command],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(data_dir), "PORT": "0", **settings},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.stdout == "" or command == ("migrate",)
    return ran.returncode, [n for n in ran.stderr.splitlines() if not n.startswith("{")]


@commands
def test_a_database_that_nobody_has_made_yet(
    command: tuple[str, ...], tmp_path: Path, redis_socket: str
) -> None:
    code, (line,) = clipdesk(command, tmp_path, REDIS_URL=f"unix://{redis_socket}")
    assert code == 1 and "clipdesk migrate" in line


@commands
def test_a_database_that_cannot_be_reached(
    command: tuple[str, ...], tmp_path: Path, redis_socket: str
) -> None:
    settings = {
        "REDIS_URL": f"unix://{redis_socket}",
        "DATABASE_URL": "postgresql://ann:hunter2@127.0.0.1:1/clips",
    }
    code, (line,) = clipdesk(command, tmp_path, **settings)
    assert code == 1 and "DATABASE_URL" in line and "hunter2" not in line


def test_a_database_that_is_none_any_more(tmp_path: Path, redis_socket: str) -> None:
    (tmp_path / "clipdesk.db").write_text("scribbled over " * 1000)
    for command in (("bot",), ("migrate",)):
        code, (line,) = clipdesk(command, tmp_path, REDIS_URL=f"unix://{redis_socket}")
        assert code == 1 and "clipdesk restore" in line


def test_a_file_that_no_database_can_be_made_of(tmp_path: Path) -> None:
    code, (line,) = clipdesk(("migrate",), tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/a/b.db")
    assert code == 1 and "DATABASE_URL" in line


def test_a_port_that_somebody_has(tmp_path: Path, redis_socket: str) -> None:
    assert clipdesk(("migrate",), tmp_path)[0] == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = {"PORT": str(taken.getsockname()[1]), "REDIS_URL": f"unix://{redis_socket}"}
        code, (line,) = clipdesk(("bot",), tmp_path, **settings)
    assert code == 1 and "PORT" in line


@commands
def test_a_redis_that_is_not_there(command: tuple[str, ...], tmp_path: Path) -> None:
    code, (line,) = clipdesk(command, tmp_path, REDIS_URL="redis://127.0.0.1:1/0")
    assert code == 1 and "REDIS_URL" in line


def test_the_worker_for_media_needs_an_ffmpeg_that_works(tmp_path: Path) -> None:
    code, (line,) = clipdesk(("worker", "media"), tmp_path, FFMPEG_PATH=sys.executable)
    assert code == 1 and "FFMPEG_PATH" in line
