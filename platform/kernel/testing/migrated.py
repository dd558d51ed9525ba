"""A database in which all migrations are done: made once, and copied by whoever needs one."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
#: Each content of the migrations has its own; `make clean` takes them away.
_KEPT = ROOT / "var" / "migrated"


def copy_migrated(place: Path) -> None:
    """Make a SQLite database at a place as the first start would, which takes far longer."""
    _KEPT.mkdir(parents=True, exist_ok=True)
    kept = _KEPT / f"{_digest()}.sqlite3"
    with (_KEPT / "lock").open("w") as lock:
        # Of several processes one makes it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _make(kept)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kept, place)


def _make(kept: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="septet-migrated-") as folder:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity=0"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "DATA_DIR": folder},
            check=True,
        )
        draft = kept.with_suffix(".draft")
        shutil.copyfile(Path(folder) / "septet.sqlite3", draft)
        draft.replace(kept)


def _digest() -> str:
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    yield ROOT / "requirements.txt"
    # What is written when migrations have run.
    yield ROOT / "platform" / "project" / "apps.py"
    yield ROOT / "platform" / "project" / "accounts" / "duties.py"
    for folder in ("apps", "platform"):
        yield from sorted((ROOT / folder).rglob("migrations/*.py"))
