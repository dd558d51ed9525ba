"""What the README shows is what happens."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from tests.files.site import Site

README = Path(settings.BASE_DIR) / "apps" / "files" / "README.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_commands_send_files(site: Site, tmp_path: Path) -> None:
    script, moving = re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)
    assert "files_move" in moving

    done = subprocess.run(
        ["sh", "-ec", script.replace("localhost:8000", site.host)],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "SEPTET_KEY": site.key},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert "upload-offset: 11" in done.stdout.lower()
    assert site.scanned("hello.txt")["sizeBytes"] == 11
    assert len(site.files("runways.csv")) >= 2


def test_the_query_finds_clean_files(site: Site) -> None:
    query, versions, upload, links, search = re.findall(
        r"```graphql\n(.*?)```", README.read_text(), re.DOTALL
    )

    for one in (query, versions, search):
        assert "nodes" in site.graphql(one)["files"]
    assert "nodes" in site.graphql(links)["shareLinks"]
    begun = site.graphql(upload)["startUpload"]
    assert (begun["error"], begun["request"]["method"]) == (None, "PUT")
