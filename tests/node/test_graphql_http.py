"""The audits of GraphQL over HTTP that the specification's own people publish."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from kernel.testing.processes import running, wait_for_line
from tests.node.packages import install, node

pytestmark = pytest.mark.node

FOLDER = Path(__file__).parent
#: A GET that names no media type is what any page can make a browser send: refused, as Apollo's
#: CSRF prevention does. The specification says MAY.
REFUSED = "5A70 MAY accept application/x-www-form-urlencoded formatted GET requests"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The URL of a real server."""
    environment = os.environ | {"DATA_DIR": str(tmp_path), "PORT": "0", "PYTHONUNBUFFERED": "1"}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "manage.py", "serve"]
    with running(command, cwd=Path(settings.BASE_DIR), env=environment) as process:
        line = wait_for_line(process, r" at http")[-1]
        yield re.search(r"http\S+", line).group()  # type: ignore[union-attr]


@pytest.mark.parametrize("path", ["/graphql", "/audit/graphql"])
def test_all_audits_pass_but_the_one_that_csrf_prevention_refuses(server: str, path: str) -> None:
    program = node()
    install(FOLDER)

    done = subprocess.run(
        [program, "audit.mjs", f"{server}{path}"],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    results = json.loads(done.stdout)

    assert len(results) == 61
    assert {name: result for name, result in results.items() if result != "ok"} == {
        REFUSED: "Response status code is not 200"
    }
