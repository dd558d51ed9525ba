"""Real processes in tests: started, watched, and gone afterwards whatever happens."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


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
