"""Files that move from one store to another while they are read, and others come."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.files.models import Blob
from kernel.testing.embedded import ROOT
from tests.devservices.fixtures import Servers
from tests.files.buckets import Bucket, made_bucket
from tests.files.site import Site, running_site

pytestmark = pytest.mark.live


@pytest.fixture
def bucket(servers: Servers) -> Iterator[Bucket]:
    with made_bucket(servers, f"septet-move-{os.urandom(4).hex()}") as made:
        yield made


def move(
    site: Site, settings: dict[str, str], *arguments: str, **more: str
) -> tuple[int, list[Any]]:
    """Run the command beside the site; return how it ended and what it said."""
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(site.data), "SERVICES": "files"}
    environment |= {"PYTHONUNBUFFERED": "1", "LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        [sys.executable, "manage.py", "files_move", "--json", *arguments],
        cwd=ROOT,
        env=environment | settings | more,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines, done.stderr
    return done.returncode, lines


def put(site: Site, name: str, body: bytes) -> str:
    """Upload a file, and return its path once it is clean."""
    assert site.ask("PUT", f"/files/api/files/{name}", body).status == 201
    return f"/files/api/files/{site.scanned(name)['id']}"


def all_read(site: Site, files: dict[str, bytes]) -> bool:
    return all(site.ask("GET", path).body == body for path, body in files.items())


def test_files_move_to_s3_and_back_while_the_platform_runs(tmp_path: Path, bucket: Bucket) -> None:
    bodies = [os.urandom(size) for size in (0, 10, 100_000, 9_000_000)]
    with running_site(tmp_path) as site:
        files = {put(site, f"{number}.bin", body): body for number, body in enumerate(bodies)}
        growing = site.begin(10)
        site.patch(growing, b"hello", 0)

    to_s3 = bucket.settings | {"FILES_STORAGE_BEFORE": "local"}
    with running_site(tmp_path, key=site.key, **to_s3) as site:
        assert all_read(site, files)
        new = put(site, "new.bin", b"new")
        assert len(bucket.names()) == 1

        status, [only] = move(site, to_s3, "--dry-run")
        assert (status, only["total"], only["done"]) == (0, 5, 0)
        assert len(bucket.names()) == 1
        status, said = move(site, to_s3)
        assert (status, said[-1]["done"], said[-1]["failed"]) == (0, 5, {})
        assert len(bucket.names()) == 5
        assert all_read(site, files | {new: b"new"})
        # Once more there is nothing to do, and then the old store is emptied.
        assert move(site, to_s3)[1][-1]["done"] == 0
        assert move(site, to_s3, "--remove")[1][-1]["removed"] == 4
        assert all_read(site, files | {new: b"new"})
        # What had begun in the old store ends there, and is read there.
        assert site.patch(growing, b"world", 5).status == 204
        assert move(site, to_s3, "--remove")[1][-1]["removed"] == 1
        assert site.stored() == {}

    back = bucket.settings | {"FILES_STORAGE": "", "FILES_STORAGE_BEFORE": f"s3://{bucket.name}"}
    with running_site(tmp_path, key=site.key, **back) as site:
        assert move(site, back, "--remove")[0] == 0
        assert bucket.names() == []
    with running_site(tmp_path, key=site.key) as site:
        assert all_read(site, files | {new: b"new"})


@pytest.mark.parametrize("point", ["files-copied", "files-moved"])
def test_a_move_that_is_killed_goes_on_where_it_was(
    tmp_path: Path, bucket: Bucket, point: str
) -> None:
    with running_site(tmp_path) as site:
        files = {put(site, f"{n}.bin", body): body for n in range(4) if (body := os.urandom(9_000))}
    to_s3 = bucket.settings | {"FILES_STORAGE_BEFORE": "local"}

    move(site, to_s3, "--at-once", "1", FAULT=point)

    status, said = move(site, to_s3, "--remove")
    assert (status, said[-1]["done"]) == (0, 4 if point == "files-copied" else 3)
    assert said[-1]["removed"] == 4
    with running_site(tmp_path, key=site.key, **bucket.settings) as site:
        assert all_read(site, files)


def test_what_was_changed_in_the_old_store_is_told_and_stays(
    tmp_path: Path, bucket: Bucket
) -> None:
    with running_site(tmp_path) as site:
        put(site, "good.bin", b"good")
        put(site, "rotten.bin", b"before")
        [rotten] = [name for name, size in site.stored().items() if size == 6]
        (site.data / "files" / rotten).write_bytes(b"after!")
    to_s3 = bucket.settings | {"FILES_STORAGE_BEFORE": "local"}

    status, said = move(site, to_s3, "--remove")

    assert status == 1
    assert list(said[-1]["failed"]) == [rotten]
    assert said[-1]["done"] == 1
    assert list(site.stored()) == [rotten]


def test_without_a_store_to_move_from_it_is_told(db: None) -> None:
    with pytest.raises(CommandError, match="names no store to move from") as refused:
        call_command("files_move")

    assert refused.value.returncode == 2
    assert Blob.across_tenants.count() == 0
