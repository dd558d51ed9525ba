"""A real nginx before the platform, with the configuration that the README tells."""

import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from kernel.testing.embedded import ROOT
from kernel.testing.processes import running
from tests.files.site import Site, running_site, wait_for
from tests.files.test_encryption_http import vault

pytestmark = pytest.mark.live

BODY = os.urandom(300_000)
CONFIGURATION = """
daemon off; master_process off; pid {folder}/pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 0;
        location / {{ proxy_pass http://{host}; proxy_set_header Host $http_host; }}
        {told}
    }}
}}
"""


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Site]]:
    """A site as nginx shows it, and as it is behind it."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("nginx is not here: Debian has it as nginx-light")
    folder = tmp_path_factory.mktemp("nginx")
    readme = (ROOT / "apps" / "files" / "README.md").read_text()
    match = re.search(r"```nginx\n(.*?)```", readme, re.DOTALL)
    assert match, "the README tells no configuration"
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        port = found.getsockname()[1]
    with running_site(folder / "data", FILES_DELIVERY="x-accel") as site:
        told = match[1].replace("/data/files/", f"{site.data}/files/")
        text = CONFIGURATION.format(folder=folder, port=port, host=site.host, told=told)
        (folder / "nginx.conf").write_text(text)
        command = [program, "-e", "stderr", "-c", str(folder / "nginx.conf")]
        with running(command, cwd=folder, env={"PATH": os.environ["PATH"]}):
            edge = Site(f"http://127.0.0.1:{port}", site.key, site.data)
            wait_for(lambda: _answers(edge) or None)
            yield edge, site


def _answers(site: Site) -> bool:
    try:
        return site.ask("GET", "/health/live").status == 200
    except OSError:
        return False


def test_nginx_gives_out_the_bytes_with_our_headers(behind: tuple[Site, Site]) -> None:
    edge, site = behind
    path = edge.ask("PUT", "/files/api/files/a.bin", BODY).headers["location"]
    digest = site.scanned("a.bin")["sha256"]

    answers = [
        edge.ask("GET", path, headers=told)
        for told in ({}, {"Range": "bytes=5-9"}, {"Range": "bytes=0-1,5-6"})
    ]

    assert site.ask("GET", path).headers["x-accel-redirect"].startswith("/_files/files/")
    assert [one.status for one in answers] == [200, 206, 206]
    assert (answers[0].body, answers[1].body) == (BODY, BODY[5:10])
    for one in answers:
        assert one.headers["etag"] == f'"{digest}"'
        assert one.headers["content-security-policy"].startswith("sandbox;")
        assert one.headers["x-content-type-options"] == "nosniff"
        assert one.headers["content-disposition"].startswith("attachment")
        assert "x-accel-redirect" not in one.headers
    known = {"If-None-Match": f'"{digest}"'}
    assert edge.ask("GET", path, headers=known).status == 304


def test_nobody_reaches_the_folder_by_nginx_itself(behind: tuple[Site, Site]) -> None:
    edge, site = behind
    edge.ask("PUT", "/files/api/files/b.bin", b"inside")
    site.scanned("b.bin")
    [key] = [name for name, size in site.stored().items() if size == 6]

    for path in (f"/_files/{key}", "/_files/", "/_files/../encryption_keys.json"):
        assert edge.ask("GET", path).status in {400, 404}


def test_what_is_encrypted_comes_from_us_through_nginx(behind: tuple[Site, Site]) -> None:
    edge, site = behind
    path = edge.ask("PUT", f"/files/api/files/c.bin?folder={vault(site)}", BODY).headers["location"]
    site.scanned("c.bin")

    assert edge.ask("GET", path).body == BODY
    part = edge.ask("GET", path, headers={"Range": "bytes=70000-70009"})
    assert (part.status, part.body) == (206, BODY[70_000:70_010])
