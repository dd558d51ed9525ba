"""What a backup has beside rows and bytes, and what else is looked at when it is proved."""

import os
import subprocess  # nosec B404  this project's own commands, without a shell
import sys
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

#: They may lead out of the data folder.
_KEY_SETTINGS = frozenset({"ENCRYPTION_KEYS_FILE", "SERVICE_KEYS", "AUDIT_CHECKPOINT_FOLDER"})


def key_files() -> dict[str, Path]:
    """Return the files that hold keys and what vouches for audit logs, by names of a set."""
    return dict(_key_files())


def key_place(name: str) -> Path:
    """Return where the file of this name belongs in this installation."""
    part, _, rest = name.partition("/")
    place = _key_places().get(part, settings.DATA_DIR / part)
    return place / rest if rest else place


def _key_places() -> dict[str, Path]:
    data = settings.DATA_DIR
    places = {
        "secret_key": data / "secret_key",
        "encryption_keys.json": Path(settings.ENCRYPTION_KEYS_FILE),
        "service_keys": data / "service_keys",
        "audit_checkpoints": Path(settings.AUDIT_CHECKPOINT_FOLDER),
    }
    own = Path(settings.SERVICE_KEYS)
    return places if own.is_relative_to(places["service_keys"]) else places | {"own_keys.json": own}


def _key_files() -> Iterator[tuple[str, Path]]:
    for part, place in _key_places().items():
        if place.is_file():
            yield part, place
        for path in sorted(place.rglob("*")):
            if path.is_file():
                yield f"{part}/{path.relative_to(place).as_posix()}", path


def audit_problems(url: str, folder: Path) -> list[str]:
    """Check the seals of the audit logs in a database that was restored, with its keys in there."""
    if "audit" not in settings.SERVICES:
        return []
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("DATABASE_") and name not in _KEY_SETTINGS
    }
    done = subprocess.run(  # noqa: S603  this project's own command # nosec B603
        [sys.executable, settings.BASE_DIR / "manage.py", "audit_verify"],
        env=environment | {"DATABASE_URL": url, "DATA_DIR": str(folder)},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.returncode:
        return []
    return [f"the audit logs: {(done.stderr or done.stdout).strip()[-2000:]}"]
