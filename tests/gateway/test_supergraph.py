"""`manage.py supergraph`: what it writes, what it says, and how it ends."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kernel.services import BY_NAME
from kernel.testing.migrated import copy_migrated
from tests.gateway.stack import ROOT, free_ports, installed, manage, running
from tests.gateway.upstream import upstream

node = pytest.mark.node

#: One is enough where it is not about all of them: to compose seven takes long.
OF_FILES = ("supergraph", "--service", "files")


@pytest.fixture
def composer() -> Path:
    """The composer with its packages."""
    return installed("composer")


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A folder for what each `manage.py` wants to write."""
    return str(tmp_path / "data")


@contextmanager
def files_service(data: str, **environment: str) -> Iterator[str]:
    """A process that serves nothing but files."""
    (port,) = free_ports(1)
    command = [sys.executable, str(ROOT / "manage.py"), "serve"]
    environment |= {"SERVICES": "files", "PORT": str(port), "DATA_DIR": data}
    with running(command, "files at http", environment) as server:
        server.wait()
        yield f"http://127.0.0.1:{port}"


@node
def test_it_writes_where_each_service_is_found(composer: Path, data: str) -> None:
    urls = ",".join(f"{name}=https://{name}.example.com/" for name in BY_NAME)

    done = manage("supergraph", DATA_DIR=data, SERVICE_URLS=urls)

    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r'@join__graph\(\s*name: "(\w+)",?\s+url: "(\S+)"', done.stdout) == [
        (name, f"https://{name}.example.com/{name}/graphql") for name in sorted(BY_NAME)
    ]


@node
def test_a_service_elsewhere_is_asked_for_the_same_sdl(composer: Path, data: str) -> None:
    with files_service(data) as url:
        asked = manage(*OF_FILES, "--url", f"files={url}", DATA_DIR=data)
    known = manage(*OF_FILES, DATA_DIR=data, SERVICE_URLS=f"files={url}")

    assert asked.returncode == 0, asked.stderr
    assert asked.stdout == known.stdout


@node
def test_a_service_that_tells_no_stranger_is_asked_with_a_key(composer: Path, data: str) -> None:
    copy_migrated(Path(data) / "septet.sqlite3")
    key = re.search(r"septet_\w+", manage("demo", DATA_DIR=data).stdout)
    assert key
    with files_service(data, GRAPHQL_INTROSPECTION="0") as url:
        refused = manage(*OF_FILES, "--url", f"files={url}", DATA_DIR=data)
        given = manage(*OF_FILES, "--url", f"files={url}", DATA_DIR=data, SEPTET_KEY=key[0])

    assert refused.returncode == 1
    assert (
        f"{url}/files/graphql gives no SDL (send `Authorization: Bearer <key or token>`"
        in refused.stderr
    )
    assert given.returncode == 0, given.stderr


@node
def test_a_file_is_written_whole_and_compared(composer: Path, data: str, tmp_path: Path) -> None:
    file = tmp_path / "supergraph.graphql"

    written = manage(*OF_FILES, "--output", str(file), DATA_DIR=data)
    same = manage(*OF_FILES, "--output", str(file), "--check", DATA_DIR=data)
    file.write_text(file.read_text().replace("ShareLink", "Banner"))
    stale = manage(*OF_FILES, "--output", str(file), "--check", DATA_DIR=data)

    assert (written.returncode, written.stdout) == (0, f"wrote {file}\n")
    assert (same.returncode, same.stdout) == (0, f"{file} is up to date\n")
    assert (stale.returncode, stale.stdout) == (1, "")
    assert f"is out of date: run `manage.py supergraph --output {file}`" in stale.stderr
    assert "Banner" in file.read_text()
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [file.name]


@node
def test_some_services_compose_without_the_others(composer: Path, data: str) -> None:
    done = manage("supergraph", "--service", "config", "--check", DATA_DIR=data)

    assert (done.returncode, done.stdout) == (0, "composes\n")


@node
def test_what_does_not_compose_is_told_by_service_and_code(
    composer: Path, data: str, tmp_path: Path
) -> None:
    file = tmp_path / "supergraph.graphql"
    sdl = "type Query { flags: Int } type FileState { lost: Boolean }"
    with upstream() as stranger:
        stranger.answer((200, {"data": {"_service": {"sdl": sdl}}}))
        asked = f"config={stranger.url}"
        done = manage("supergraph", "--url", asked, "--output", str(file), DATA_DIR=data)

    assert done.returncode == 1
    assert "files, config: TYPE_KIND_MISMATCH" in done.stderr
    assert "the services do not compose" in done.stderr
    assert not file.exists()


def test_what_answers_without_an_sdl_is_named(data: str) -> None:
    with upstream() as stranger:
        stranger.answer((404, {"errors": []}))
        done = manage("supergraph", "--url", f"files={stranger.url}", DATA_DIR=data)

    assert done.returncode == 1
    assert f"{stranger.url}/files/graphql gives no SDL (status 404)" in done.stderr


def test_a_service_that_is_not_there_is_named(data: str) -> None:
    (port,) = free_ports(1)

    done = manage("supergraph", "--url", f"files=http://127.0.0.1:{port}", DATA_DIR=data)

    assert done.returncode == 1
    assert f"http://127.0.0.1:{port}/files/graphql gives no answer" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("given", ["shop=http://127.0.0.1", "files", "files=ftp://127.0.0.1"])
def test_an_address_that_means_nothing_is_misuse(data: str, given: str) -> None:
    done = manage("supergraph", "--url", given, DATA_DIR=data)

    assert done.returncode == 2
    assert "expected NAME=URL" in done.stderr


def test_without_node_it_says_what_to_install(data: str) -> None:
    done = manage("supergraph", DATA_DIR=data, PATH=os.devnull)

    assert done.returncode == 2
    assert done.stderr == (
        "CommandError: composing needs Node.js 20 or later, and there is no `node` in PATH:"
        " install it\n"
    )
