"""The disk of a real PostgreSQL is full: writes are refused and told why, all else goes on."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.devservices.fixtures import own_servers
from tests.kernel.database.clusters import CREATE, SHOW, Cluster, make_cluster

pytestmark = [pytest.mark.live, pytest.mark.nightly]

SIZE = "16m"
#: Pages that the table has are filled first.
MOST_WRITES = 2_000


def test_a_full_disk_refuses_writes_until_there_is_room(tmp_path: Path) -> None:
    with own_servers() as servers:
        cluster = make_cluster(servers, tmp_path)
        # It would look for the same tables at the same place.
        servers.do("kill", "replica")
        alone = {"DATABASE_REPLICA_URLS": ""}
        with disk_of_its_own(cluster) as disk, cluster.serving(**alone) as process:
            move_folders(cluster.primary, disk)
            made = [process.create("before")[0]]
            filler = fill(disk)
            refused = None
            while refused is None and len(made) < MOST_WRITES:
                answer = process.ask(CREATE, name=f"folder {len(made)}")
                told = answer.body.get("data") or {}
                if "errors" in answer.body or told["createFolder"]["error"]:
                    refused = json.dumps(answer.body)
                else:
                    made.append(told["createFolder"]["folder"]["id"])
            kept = [process.ask(SHOW, id=folder).folder for folder in made]
            filler.unlink()
            after, _ = process.create("after")
            shown = process.ask(SHOW, id=after).folder
            counted = process.figure('septet_database_refused_total{reason="full"}')

    assert refused is not None
    assert '"UNAVAILABLE"' in refused
    assert None not in kept
    assert shown == {"name": "after"}
    assert counted >= 1


@contextmanager
def disk_of_its_own(cluster: Cluster) -> Iterator[Path]:
    """Give a small disk that the server may write to; skipped where none can be mounted."""
    owner = cluster.replica_data.stat()
    place = cluster.replica_data.parent / "small"
    place.mkdir()
    told = f"size={SIZE},mode=0700,uid={owner.st_uid},gid={owner.st_gid}"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", told, "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def move_folders(url: str, disk: Path) -> None:
    """Let the table of folders be on the small disk."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{disk}'")
        connection.execute("ALTER TABLE files_folder SET TABLESPACE small")


def fill(disk: Path) -> Path:
    """Take all room that is left."""
    filler = disk / "filler"
    free = os.statvfs(disk)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize)
    return filler
