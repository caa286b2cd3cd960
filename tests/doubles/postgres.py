"""A PostgreSQL of our own on a private socket, for the length of a test run."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg


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


@contextmanager
def run_postgres(_: Path, system: Path | None) -> Iterator[str | None]:
    """Start one and give its address; None where there is none to start."""
    binaries = system or _wheel()
    if binaries is None:
        yield None
        return
    # Not under pytest's folder: that one is closed to other users, and the socket path is short.
    folder = Path(tempfile.mkdtemp(prefix="cdpg"))
    as_user = _other_user()
    if as_user:
        os.chown(folder, as_user["user"], as_user["group"])
    data = folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "clipdesk", "-A", "trust", "-N", "-E", "UTF8"],
            check=True,
            cwd=folder,
            **quiet,
            **as_user,
        )
        server = subprocess.Popen(
            [
                binaries / "postgres",
                *("-D", data, "-k", folder, "-c", "listen_addresses="),
                *("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=60"),
            ],
            cwd=folder,
            **quiet,
            **as_user,
        )
        try:
            for _ in range(200):
                if (folder / ".s.PGSQL.5432").exists():
                    break
                assert server.poll() is None, "PostgreSQL did not start"
                time.sleep(0.05)
            yield f"postgresql://clipdesk@/postgres?host={folder}"
        finally:
            server.terminate()
            server.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def fresh_database(address: str) -> str:
    """An empty database on that server; its address."""
    name = f"t{uuid.uuid4().hex[:12]}"
    for attempt in range(20):
        try:
            connection = await asyncpg.connect(address)
            break
        except (asyncpg.CannotConnectNowError, OSError):
            if attempt == 19:
                raise
            time.sleep(0.1)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return address.replace("/postgres?", f"/{name}?")
