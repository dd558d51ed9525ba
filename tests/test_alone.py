"""Each service with the other six absent: it starts, migrates, serves and passes its own tests."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from kernel.services import BY_NAME
from kernel.testing.processes import running, wait_for_line

ROOT = Path(__file__).resolve().parent.parent

#: What of the federation layer depends on which services there are.
FEDERATION = [
    f"tests/kernel/federation/test_{name}.py"
    for name in ("entities", "introspection", "references", "schema_building", "sdl")
]

#: What of a service most leans on others: what it serves, tells and hears. The rest runs alone in
#: `make nightly`.
LEANING = ("schema", "events", "graph", "graphql")

#: Processes that tests start have the services that these say, and are no others alone.
WHICH = "not (postgres or live or node or browser or java or go or nightly or processes)"

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(
        os.environ.get("SERVICES", "all") != "all", reason="runs where all seven are"
    ),
]


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {"DATA_DIR": str(tmp_path), "PYTHONUNBUFFERED": "1"} | more


@pytest.mark.parametrize("names", [LEANING, pytest.param(("",), marks=pytest.mark.nightly)])
@pytest.mark.parametrize("service", BY_NAME)
def test_a_service_alone_passes_its_own_tests(
    service: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    modules = sorted((ROOT / "tests" / service).glob("test_*.py"))
    tests = [str(module) for module in modules if module.stem.endswith(names)] + FEDERATION

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", WHICH, *tests],
        cwd=ROOT,
        env=environment(tmp_path, SERVICES=service),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-2000:]
    assert re.search(r"\d+ passed", done.stdout)


@pytest.mark.parametrize("service", BY_NAME)
def test_a_service_alone_needs_no_migration_of_another(service: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
        cwd=ROOT,
        env=environment(tmp_path, SERVICES=service),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "No changes detected\n")


@pytest.mark.parametrize("service", BY_NAME)
def test_a_service_alone_serves_on_its_own_port(service: str, tmp_path: Path) -> None:
    port = BY_NAME[service].port
    command = [sys.executable, "manage.py", "dev"]

    with running(command, cwd=ROOT, env=environment(tmp_path, SERVICES=service)) as process:
        started = wait_for_line(process, r"Septet is at (\S+)")
        key = re.search(r"septet_\w+", "".join(started)).group()  # type: ignore[union-attr]
        base = f"http://127.0.0.1:{port}"
        answer = post(f"{base}/{service}/graphql", key, "{ __typename _service { sdl } }")
        composed = post(f"{base}/graphql", key, "{ _service { sdl } }")
        other = next(name for name in BY_NAME if name != service)
        missing = status(f"{base}/{other}/graphql")

        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0

    assert answer["data"]["__typename"] == "Query"
    assert answer["data"]["_service"] == composed["data"]["_service"]
    assert missing == 404


def post(url: str, key: str, query: str) -> dict[str, dict[str, object]]:
    request = urllib.request.Request(
        url,
        json.dumps({"query": query}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        body: dict[str, dict[str, object]] = json.load(response)
    return body


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
