"""The embedded platform in tests: all of it in one process, with demo data of its own."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kernel.testing.migrated import copy_migrated
from kernel.testing.processes import running, wait_for_line

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Embedded:
    """Where it answers, and the secrets that it told at its first start."""

    url: str
    password: str
    key: str


@contextmanager
def embedded(data: Path, settings: Mapping[str, str] | None = None) -> Iterator[Embedded]:
    """Run `manage.py dev` on an empty data folder, at a free port, while the block runs."""
    if not {"DATABASE_URL", "SERVICES"} & set(settings or {}):
        copy_migrated(data / "septet.sqlite3")
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(data),
        "PORT": "0",
        "PYTHONUNBUFFERED": "1",
        # Nobody reads on: a pipe full of lines about requests would stop the platform.
        "LOG_LEVEL": "WARNING",
        **(settings or {}),
    }
    command = [sys.executable, "manage.py", "dev"]
    with running(command, cwd=ROOT, env=environment) as process:
        said = "".join(wait_for_line(process, r"Septet is at "))
        yield Embedded(
            url=_found(r"(http://\S+)", said),
            password=_found(r"password\s+(\S+)", said),
            key=_found(r"(septet_\w+)", said),
        )


def _found(pattern: str, said: str) -> str:
    match = re.search(pattern, said)
    if match is None:
        raise AssertionError(f"no {pattern!r} in {said}")
    return match[1]
