"""A PostgreSQL server of our own: a new cluster in a temporary folder, reached through a socket there alone."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from patience import HANG_S


@contextmanager
def postgres_server() -> Iterator[Path]:
    """The folder of its socket; superuser `postgres`, no password. Skips the test where no server is installed."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server (initdb, postgres) is on this machine: Debian's package is postgresql")
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="burnish-postgres-"))
    if user is not None:
        shutil.chown(folder, user)
    try:
        data = folder / "data"
        initdb = [
            programs / "initdb",
            "--pgdata",
            data,
            "--username",
            "postgres",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
        ]
        subprocess.run([*initdb, "--locale", "C"], user=user, check=True, capture_output=True, cwd=folder)
        command = [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="]
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(command, user=user, stdout=log, stderr=log, cwd=folder)
        try:
            _wait_until_ready(folder, server)
            yield folder
        finally:
            server.terminate()
            server.wait(timeout=HANG_S)
    finally:
        shutil.rmtree(folder)


def make_database(folder: Path, name: str) -> str:
    """The URL of a new, empty database."""
    import psycopg

    with psycopg.connect(host=str(folder), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"postgresql://postgres@/{name}?host={folder}"


def _programs() -> Path | None:
    """Where initdb and postgres lie: Debian keeps them off the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    places = [*debian, *(Path(folder) for folder in os.get_exec_path())]
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


def _unprivileged() -> str | None:
    """Whom to become: PostgreSQL refuses to be root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _wait_until_ready(folder: Path, server: subprocess.Popen[bytes]) -> None:
    import psycopg

    began = time.monotonic()
    while time.monotonic() - began < HANG_S and server.poll() is None:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    pytest.fail(f"PostgreSQL did not start: {(folder / 'log').read_text()[-2000:]}")
