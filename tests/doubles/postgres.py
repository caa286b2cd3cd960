"""A PostgreSQL of our own on a private socket, for the length of a test run."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from core.db.migrate import create_all
from core.db.session import Database
from core.settings import Settings

_MADE = "made"


def _wheel() -> Path | None:
    """The binaries inside the pgserver wheel, when it is installed."""
    try:
        import pgserver
    except ImportError:
        return None
    place = Path(pgserver.__file__).parent / "pginstall" / "bin"
    return place if (place / "initdb").is_file() else None


def _other_user() -> dict[str, int]:
    """PostgreSQL refuses to run as root: then it runs as `nobody`."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid}


def system_postgres() -> Path | None:
    """The binaries of this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def binaries() -> Path | None:
    """Where initdb and postgres are: of this machine, or of a wheel."""
    return system_postgres() or _wheel()


class Postgres:
    """A server that runs; it can be stopped at once and started again."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self.address = f"postgresql://clipdesk@/postgres?host={folder}"
        self._how: dict[str, Any] = {
            "cwd": folder,
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            **_other_user(),
        }
        self._run("initdb", *("-U", "clipdesk", "-A", "trust", "-N", "-E", "UTF8"))
        self._server = self._start()

    def _run(self, program: str, *args: str) -> None:
        data = self._folder / "data"
        subprocess.run([self._programs / program, "-D", data, *args], check=True, **self._how)

    def _start(self) -> subprocess.Popen[bytes]:
        server = subprocess.Popen(
            [
                self._programs / "postgres",
                *("-D", self._folder / "data", "-k", self._folder, "-c", "listen_addresses="),
                *("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=60"),
            ],
            **self._how,
        )
        for _ in range(400):
            if (self._folder / ".s.PGSQL.5432").exists():
                break
            assert server.poll() is None, "PostgreSQL did not start"
            time.sleep(0.05)
        return server

    def restart(self) -> None:
        """As after a crash: connections break off, what was committed is there."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(20)
        self._server = self._start()

    def stop(self) -> None:
        self._server.send_signal(signal.SIGINT)  # whoever is still connected is sent away
        self._server.wait(20)


@contextmanager
def run_postgres(system: Path | None) -> Iterator[Postgres | None]:
    """Start one; None where there is none to start."""
    programs = system or _wheel()
    if programs is None:
        yield None
        return
    # Not under pytest's folder: that one is closed to other users, and the socket path is short.
    folder = Path(tempfile.mkdtemp(prefix="cdpg"))
    as_user = _other_user()
    if as_user:
        os.chown(folder, as_user["user"], as_user["group"])
    try:
        server = Postgres(programs, folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def fresh_database(address: str, like: str = "template1") -> str:
    """An empty database on that server, or one like another there; its address."""
    name = f"t{uuid.uuid4().hex[:12]}"
    await _create(address, name, like)
    return _in(address, name)


async def database_with_tables(address: str) -> str:
    """One with all tables, copied from the first one: to make them again takes longer."""
    try:
        return await fresh_database(address, _MADE)
    except asyncpg.InvalidCatalogNameError:
        await _create(address, _MADE, "template1")
    database = Database(Settings(database_url=_in(address, _MADE), _env_file=None))  # type: ignore[call-arg]
    await create_all(database)
    await database.close()
    return await fresh_database(address, _MADE)


async def _create(address: str, name: str, like: str) -> None:
    for attempt in range(20):
        try:
            connection = await asyncpg.connect(address)
            break
        except (asyncpg.CannotConnectNowError, OSError):
            if attempt == 19:
                raise
            time.sleep(0.1)
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    finally:
        await connection.close()


def _in(address: str, name: str) -> str:
    return address.replace("/postgres?", f"/{name}?")
