"""Real processes in tests: started, watched, and gone afterwards whatever happens."""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection


@contextmanager
def running(
    command: Sequence[str], *, cwd: Path, env: dict[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """Run a command beside the test; at the end of the block it is killed if it still runs."""
    process = subprocess.Popen(  # noqa: S603  a test's own command
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_line(process: subprocess.Popen[str], pattern: str) -> list[str]:
    """Return what the process has printed up to a line that matches; raises when it ends first."""
    seen: list[str] = []
    for line in process.stdout or ():
        seen.append(line)
        if re.search(pattern, line):
            return seen
    raise AssertionError(f"no {pattern!r} in {''.join(seen)}")


def environment_beside(folder: Path, **more: str) -> dict[str, str]:
    """Return the variables for a process that works on the rows of this test, beside it.

    It has the test's PostgreSQL database; with SQLite, which a test keeps in memory, a file in the
    folder.
    """
    root = Path(settings.BASE_DIR)
    made = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{root}:{root / 'platform'}",
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DATA_DIR": str(folder),
    }
    if connection.vendor == "postgresql":
        at = {name: quote(str(value)) for name, value in connection.settings_dict.items()}
        made["DATABASE_URL"] = (
            f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
        )
    return made | more
