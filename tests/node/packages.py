"""Packages of npm for tests: exactly those of a lock file, installed beside it when it changes."""

import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest


def node() -> str:
    """Return the program Node.js; skips the test where there is none."""
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        pytest.skip("needs Node.js 20 and npm")
    return found


def install(folder: Path) -> None:
    """Install what the folder's package-lock.json names; no script of a package is run.

    Tests run in several processes: one installs, and the others wait for it.
    """
    lock = folder / "package-lock.json"
    # npm writes this file last.
    done = folder / "node_modules" / ".package-lock.json"
    with _alone(folder):
        if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
            return
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=folder,
            check=True,
            timeout=300,
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    name = f"npm-{sha256(str(folder.resolve()).encode()).hexdigest()[:16]}.lock"
    with (Path(tempfile.gettempdir()) / name).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
