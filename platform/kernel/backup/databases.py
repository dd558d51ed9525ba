"""The database of this process into one file, and back: SQLite's own copy, or pg_dump."""

import os
import secrets
import shutil
import sqlite3
import subprocess  # nosec B404  pg_dump and pg_restore, without a shell
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from django.db import connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

from kernel.backup.errors import BackupError
from kernel.backup.tables import States, of_postgres, of_sqlite
from kernel.tenancy.aliases import system_alias

#: Options of Django and of our own; the others are libpq's.
_NOT_OF_LIBPQ = frozenset(
    {
        "assume_role",
        "isolation_level",
        "limits",
        "pool",
        "prepare_threshold",
        "server_side_binding",
    }
)
_DEBIAN = Path("/usr/lib/postgresql")


def vendor() -> str:
    """Return `sqlite` or `postgresql`."""
    return connections[system_alias()].vendor


def dump(to: Path) -> States:
    """Copy the database as it is at one moment, while others write; return what is in the copy."""
    return _dump_sqlite(to) if vendor() == "sqlite" else _dump_postgres(to)


def is_empty() -> bool:
    """Say whether nothing is in the database, not even tables."""
    connection = connections[system_alias()]
    try:
        return not connection.introspection.table_names()
    finally:
        connection.close()


def restore(file: Path) -> None:
    """Put what was dumped in the place of what is there."""
    connections.close_all()
    told = connections[system_alias()].settings_dict
    if vendor() == "sqlite":
        _restore_sqlite(file, Path(told["NAME"]))
        return
    with psycopg.connect(**_parameters(), autocommit=True) as server:
        server.execute("DROP SCHEMA IF EXISTS public CASCADE")
        server.execute("CREATE SCHEMA public")
    _restore_postgres(file, told["NAME"])


@contextmanager
def restored_elsewhere(file: Path) -> Iterator[tuple[States, str]]:
    """Restore into a new database, gone afterwards; give what is in it, and its URL."""
    if vendor() == "sqlite":
        yield of_sqlite(file), f"sqlite:///{file}"
        return
    name = f"septet_verify_{secrets.token_hex(4)}"
    with psycopg.connect(**_parameters(), autocommit=True) as server:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
        )
        try:
            _restore_postgres(file, name)
            with psycopg.connect(**_parameters(name)) as made:
                states = of_postgres(made)
            yield states, _url(name)
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            server.execute(drop)


def _dump_sqlite(to: Path) -> States:
    live = str(connections[system_alias()].settings_dict["NAME"])
    with closing(sqlite3.connect(live)) as source, closing(sqlite3.connect(to)) as copy:
        # In one step: it would begin again whenever somebody has written between two.
        source.backup(copy)
        # One file, without a log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
        [state] = copy.execute("PRAGMA integrity_check").fetchone()
    if state != "ok":
        raise BackupError(f"the database itself is damaged: {state}")
    return of_sqlite(to)


def _restore_sqlite(file: Path, place: Path) -> None:
    for suffix in ("-wal", "-shm"):
        Path(f"{place}{suffix}").unlink(missing_ok=True)
    draft = place.with_name(f".{place.name}.restored")
    shutil.copyfile(file, draft)
    draft.replace(place)


def _dump_postgres(to: Path) -> States:
    with psycopg.connect(**_parameters()) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        # The role and its rights are made by `migrate`, by other names perhaps.
        how = ["-Fc", "--no-owner", "--no-privileges", f"--snapshot={row[0] if row else ''}"]
        _run("pg_dump", *how, "--no-comments", f"--file={to}")
        return of_postgres(connection)


def _restore_postgres(file: Path, name: str) -> None:
    how = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run("pg_restore", *how, str(file), name=name)


def _parameters(name: str = "") -> dict[str, Any]:
    told = connections[system_alias()].settings_dict
    options = told["OPTIONS"].items()
    found = {key: value for key, value in options if key not in _NOT_OF_LIBPQ}
    found |= {
        "host": told["HOST"],
        "port": told["PORT"],
        "user": told["USER"],
        "password": told["PASSWORD"],
        "dbname": name or told["NAME"],
    }
    return {"connect_timeout": 5} | {key: value for key, value in found.items() if value}


def _url(name: str) -> str:
    told = {key: str(value) for key, value in _parameters(name).items()}
    who = ":".join(quote(told.pop(part, ""), safe="") for part in ("user", "password"))
    hosts, ports = (told.pop(part, "").split(",") for part in ("host", "port"))
    # libpq takes one port for all hosts.
    pairs = zip(hosts, ports if len(ports) == len(hosts) else ports * len(hosts), strict=True)
    where = ",".join(f"{quote(host, safe='')}:{port}" for host, port in pairs)
    return f"postgres://{who}@{where}/{quote(told.pop('dbname'), safe='')}?{urlencode(told)}"


def _run(program: str, *arguments: str, name: str = "") -> None:
    told = _parameters(name)
    # Everybody on the machine may read arguments.
    password = {"PGPASSWORD": str(told.pop("password"))} if "password" in told else {}
    done = subprocess.run(  # noqa: S603  its path was looked up, its arguments are ours # nosec B603
        [_path(program), "--no-password", f"--dbname={make_conninfo(**told)}", *arguments],
        env={**os.environ, **password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupError(f"{program}: {done.stderr.strip()[-2000:]}")


def _path(program: str) -> str:
    found = shutil.which(program)
    if found:
        return found
    debian = [path / "bin" / program for path in _DEBIAN.glob("*")]
    there = sorted((path for path in debian if path.exists()), key=lambda one: int(one.parts[-3]))
    if not there:
        raise BackupError(f"{program} is not installed: it is in the package postgresql-client")
    return str(there[-1])
