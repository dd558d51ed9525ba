"""Programs on tables of their own, or on this test's PostgreSQL, that a test may kill."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings

from kernel.testing.processes import running

ROOT = Path(settings.BASE_DIR)
HERE = Path(__file__).parent


class Beside:
    """One program, run with a verb at a time."""

    def __init__(self, environment: dict[str, str], program: str = "program.py") -> None:
        self.environment = environment
        self._program = str(HERE / program)

    def start(self, stack: ExitStack, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Let it run until the stack ends."""
        command = [sys.executable, self._program, *arguments]
        return stack.enter_context(running(command, cwd=ROOT, env=self.environment | more))

    def run(self, *arguments: str, **more: str) -> tuple[int, list[str]]:
        """Run it to its end, by itself or by a kill; return its exit code and what it said."""
        done = subprocess.run(
            [sys.executable, self._program, *arguments],
            cwd=ROOT,
            env=self.environment | more,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout.splitlines()
