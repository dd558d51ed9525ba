"""A fuzzer that others wrote reads our schema and asks every field of it for odd things."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from kernel.testing.processes import running, wait_for_line
from project.graph import composed_endpoint

pytestmark = pytest.mark.live

HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
FUZZER = ("-m", "uv", "tool", "run", "--quiet", "--python", sys.executable, "schemathesis@4.32.5")


def fuzzed(folder: Path, examples: int) -> int:
    """Run so many cases against each root field; return how many there were in all."""
    data = {"DATA_DIR": str(folder / "data"), "PORT": "0", "PYTHONUNBUFFERED": "1"}
    # Nobody reads what the server says after its start, so it had better say little.
    quiet = {"PATH": os.environ["PATH"], "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "manage.py", "dev"]
    with running(command, cwd=Path(settings.BASE_DIR), env=data | quiet) as process:
        said = "".join(wait_for_line(process, "Septet is at "))
        done = subprocess.run(
            [sys.executable, *FUZZER, *_options(said), "--max-examples", str(examples)],
            cwd=folder,
            env=os.environ | {"SCHEMATHESIS_HOOKS": HOOKS.stem, "PYTHONPATH": str(HOOKS.parent)},
            capture_output=True,
            text=True,
            check=False,
            timeout=1_800,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    told = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert told is not None, done.stdout
    assert told[1] == told[2]
    return int(told[1])


def _options(said: str) -> list[str]:
    url, key = re.search(r"http://\S+", said), re.search(r"septet_\w+", said)
    assert url is not None, said
    assert key is not None, said
    return [
        *("run", f"{url[0]}/graphql", "--header", f"Authorization: Bearer {key[0]}"),
        *("--phases", "fuzzing", "--checks", "coded", "--generation-deterministic"),
    ]


def test_a_thousand_cases_over_all_fields_are_answered_with_a_code(tmp_path: Path) -> None:
    fields = _root_fields()

    assert fuzzed(tmp_path, -(-1_000 // fields)) >= 1_000


@pytest.mark.nightly
def test_five_thousand_cases_over_all_fields_are_answered_with_a_code(tmp_path: Path) -> None:
    fields = _root_fields()

    assert fuzzed(tmp_path, -(-5_000 // fields)) >= 5_000


def _root_fields() -> int:
    schema = composed_endpoint().schema
    roots = (schema.query_type, schema.mutation_type)
    return sum(len(root.fields) for root in roots if root is not None)
