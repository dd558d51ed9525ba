"""Bandit judges what serves requests, as `make lint` runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.packages import ROOT

BANDIT = [sys.executable, "-m", "bandit", "--quiet", "--configfile", "pyproject.toml"]


def bandit(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*BANDIT, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


# By day `make lint` asks the same.
@pytest.mark.nightly
def test_bandit_has_nothing_to_say() -> None:
    done = bandit("--recursive", "apps", "platform", "scripts", "manage.py")

    assert done.returncode == 0, done.stdout
    assert "Issue" not in done.stdout


def test_bandit_would_say_something(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(
        "import hashlib, pickle, random, subprocess\n"
        "def act(x, cursor):\n"
        "    subprocess.run(x, shell=True)\n"
        "    pickle.loads(x)\n"
        "    eval(x)\n"
        "    hashlib.md5(x)\n"
        "    random.random()\n"
        "    cursor.execute('SELECT * FROM t WHERE a = ' + x)\n"
    )

    done = bandit("--format", "custom", "--msg-template", "{test_id}", str(bad))

    assert done.returncode == 1
    assert {"B602", "B301", "B307", "B324", "B311", "B608"} <= {*done.stdout.split()}
