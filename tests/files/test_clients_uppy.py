"""Uppy itself, on Node.js: what pages of others have uploads made by."""

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.files.site import UPLOADS, Site
from tests.node.packages import install, node

pytestmark = pytest.mark.node

UPPY = Path(__file__).with_name("uppy")
MIB = 1024 * 1024
CREATE = """mutation($name: String!) {
  change: createFolder(input: {name: $name}) { folder { id } error { message } } }"""


def upload(site: Site, how: str, *paths: Path, folder: str = "", key: str = "") -> Any:
    """Let Uppy upload files, and return what it tells."""
    program = node()
    install(UPPY)
    done = subprocess.run(
        [program, "upload.mjs", f"http://{site.host}{UPLOADS}", how, folder, *map(str, paths)],
        cwd=UPPY,
        env={**os.environ, "SEPTET_KEY": key or site.key},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def sources(folder: Path, *names: str) -> list[Path]:
    """Make files of some MiB."""
    for name in names:
        (folder / name).write_bytes(os.urandom(3 * MIB + 7))
    return [folder / name for name in names]


@pytest.mark.parametrize("how", ["whole", "paused"])
def test_uppy_uploads(site: Site, tmp_path: Path, how: str) -> None:
    names = [f"uppy-{how}-{number}.bin" for number in range(3)]
    paths = sources(tmp_path, *names)

    told = upload(site, how, *paths)

    assert (told["successful"], told["failed"]) == (names, [])
    assert (told["paused"] > 0, told["resumed"]) == ((True, 1) if how == "paused" else (False, 0))
    for path in paths:
        file = site.scanned(path.name)
        assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert file["contentType"] == "application/x-thing"


def test_uppy_uploads_into_a_folder(site: Site, tmp_path: Path) -> None:
    folder = site.graphql(CREATE, name="uppy")["change"]["folder"]["id"]

    told = upload(site, "whole", *sources(tmp_path, "uppy-inside.bin"), folder=folder)

    assert told["successful"] == ["uppy-inside.bin"]
    query = "query($id: ID) { files(filter: {folderId: $id}) { nodes { name } } }"
    assert site.graphql(query, id=folder)["files"]["nodes"] == [{"name": "uppy-inside.bin"}]


def test_uppy_cancels(site: Site, tmp_path: Path) -> None:
    told = upload(site, "cancelled", *sources(tmp_path, "uppy-never.bin"))

    assert (told["cancelled"] > 0, told["successful"]) == (True, [])
    assert site.files("uppy-never.bin") == []


def test_who_only_reads_uploads_nothing_by_uppy(site: Site, reader: str, tmp_path: Path) -> None:
    told = upload(site, "whole", *sources(tmp_path, "uppy-reader.bin"), key=reader)

    assert told["successful"] == []
    assert len(told["failed"]) == 1
    assert site.files("uppy-reader.bin") == []
