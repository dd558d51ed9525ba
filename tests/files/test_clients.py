"""Clients that others wrote: tuspy, and tus-js-client on Node.js."""

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tusclient.client import TusClient

from tests.files.site import UPLOADS, Site
from tests.node.packages import install, node

NODE = Path(__file__).with_name("node")
MIB = 1024 * 1024


def client(site: Site) -> TusClient:
    headers = {"Authorization": f"Bearer {site.key}"}
    return TusClient(f"http://{site.host}{UPLOADS}", headers=headers)


def source(folder: Path, size: int) -> tuple[Path, str]:
    """Make a file, and return it with its sum."""
    body = os.urandom(size)
    path = folder / "source"
    path.write_bytes(body)
    return path, hashlib.sha256(body).hexdigest()


def test_tuspy_uploads_in_chunks_with_checksums(site: Site, tmp_path: Path) -> None:
    path, sha256 = source(tmp_path, 3 * MIB + 7)

    with path.open("rb") as file_stream:
        client(site).uploader(
            file_stream=file_stream,
            chunk_size=MIB,
            metadata={"filename": "tuspy.bin", "filetype": "application/x-thing"},
            upload_checksum=True,
        ).upload()

    file = site.scanned("tuspy.bin")
    assert (file["sha256"], file["contentType"]) == (sha256, "application/x-thing")


def test_tuspy_goes_on_where_it_stopped(site: Site, tmp_path: Path) -> None:
    path, sha256 = source(tmp_path, 3 * MIB)
    named = {"filename": "resumed.bin"}
    with path.open("rb") as file_stream:
        begun = client(site).uploader(file_stream=file_stream, chunk_size=MIB, metadata=named)
        begun.upload_chunk()  # type: ignore[no-untyped-call]
        assert begun.offset == MIB

    with path.open("rb") as file_stream:
        again = client(site).uploader(file_stream=file_stream, chunk_size=MIB, url=begun.url)
        assert again.offset == MIB
        again.upload()

    assert site.scanned("resumed.bin")["sha256"] == sha256


def upload_by_tus_js(site: Site, folder: Path, how: str) -> tuple[dict[str, Any], str]:
    """Upload some MiB by tus-js-client in a way; return what it told, and their sum."""
    program = node()
    install(NODE)
    path, sha256 = source(folder, 3 * MIB + 7)
    done = subprocess.run(
        [program, "upload.mjs", f"http://{site.host}{UPLOADS}", str(path), how],
        cwd=NODE,
        env={**os.environ, "SEPTET_KEY": site.key},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout), sha256


@pytest.mark.node
@pytest.mark.parametrize(
    "how", ["whole", "chunks", "creation", "parallel", "deferred", "resumed", "ended"]
)
def test_tus_js_client_uploads(site: Site, tmp_path: Path, how: str) -> None:
    told, sha256 = upload_by_tus_js(site, tmp_path, how)

    if how == "ended":
        assert site.ask("HEAD", "/" + told["url"].split("/", 3)[3]).status == 410
        assert site.files("js-ended.bin") == []
    else:
        assert site.scanned(f"js-{how}.bin")["sha256"] == sha256
        assert told["errors"] == 0
