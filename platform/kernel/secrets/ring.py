"""The keys that encrypt secrets: by id, one of them active, from the environment or a file."""

import base64
import binascii
import fcntl
import json
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from kernel import clock
from kernel.secrets.errors import SecretKeyMissingError

KEY_BYTES = 32
KEY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by id. The active one encrypts, all of them decrypt."""

    active: str
    keys: Mapping[str, bytes]

    def key(self, key_id: str) -> bytes:
        """Return a key; raises SecretKeyMissingError that names its id."""
        try:
            return self.keys[key_id]
        except KeyError:
            raise SecretKeyMissingError(
                f"the encryption key {key_id} is not in the key ring: put it back from a backup"
            ) from None

    def __repr__(self) -> str:
        return f"KeyRing(active={self.active!r}, ids={sorted(self.keys)})"


EMPTY = KeyRing("", {})


def ring() -> KeyRing:
    """Return the keys of this installation; in the data folder they are made at first use.

    A file is read anew when it has changed, so a rotation reaches running processes. Raises
    ImproperlyConfigured for keys that are none.
    """
    if settings.ENCRYPTION_KEYS:
        return _from_text(settings.ENCRYPTION_KEYS)
    path = Path(settings.ENCRYPTION_KEYS_FILE)
    if not path.exists():
        if path != default_file():
            # A mount that is missing must not become a second ring.
            raise ImproperlyConfigured(
                f"{path} is not there: restore it, or make it with `manage.py rotate_keys`"
            )
        store(path, with_new_key(EMPTY), replace=False)
    return _in(path)


def default_file() -> Path:
    """Return where the keys are kept unless a setting says otherwise."""
    return Path(settings.DATA_DIR) / "encryption_keys.json"


def with_new_key(old: KeyRing) -> KeyRing:
    """Return the ring with one more key, which is the active one."""
    key_id = f"{clock.now():%Y%m%d}-{secrets.token_hex(4)}"
    return KeyRing(key_id, {**old.keys, key_id: secrets.token_bytes(KEY_BYTES)})


def without(old: KeyRing, key_id: str) -> KeyRing:
    """Return the ring without this key, which is not the active one."""
    kept = {other: key for other, key in old.keys.items() if other != key_id}
    return KeyRing(old.active, {**kept, old.active: old.keys[old.active]})


def change(path: Path, step: Callable[[KeyRing], KeyRing]) -> KeyRing:
    """Put a changed ring in the place of the one in a file and return it, one process at a time."""
    with path.with_suffix(".lock").open("w") as lock:
        # Two that add a key to the same ring would lose one, and all that it encrypted.
        fcntl.flock(lock, fcntl.LOCK_EX)
        changed = step(_in(path) if path.exists() else EMPTY)
        store(path, changed, replace=True)
    return changed


def store(path: Path, keys: KeyRing, *, replace: bool) -> None:
    """Write the ring so that it appears whole, for its owner's eyes only.

    Without `replace`, a file that another process made meanwhile stays.
    """
    told = {
        "active": keys.active,
        "keys": {key_id: _encoded(key) for key_id, key in keys.keys.items()},
    }
    # mkstemp makes it 600 from the start.
    handle, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(told, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            Path(draft).replace(path)
        else:
            _link(draft, path)
    finally:
        Path(draft).unlink(missing_ok=True)


def as_text(keys: KeyRing) -> str:
    """Return the ring in the form of ENCRYPTION_KEYS, the active key first."""
    order = sorted(keys.keys, key=lambda key_id: key_id != keys.active)
    return ",".join(f"{key_id}:{_encoded(keys.keys[key_id])}" for key_id in order)


def _link(draft: str, path: Path) -> None:
    try:
        # A link appears whole or not at all, and fails when another process was first.
        os.link(draft, path)
    except FileExistsError:
        return


def _in(path: Path) -> KeyRing:
    seen = path.stat()
    return _from_file(path, seen.st_mtime_ns, seen.st_ino)


@lru_cache(maxsize=4)
def _from_text(text: str) -> KeyRing:
    where = "ENCRYPTION_KEYS"
    pairs = [item.strip().partition(":") for item in text.split(",") if item.strip()]
    if len({key_id for key_id, _, _ in pairs}) < len(pairs):
        raise ImproperlyConfigured(f"{where} holds two keys of one id")
    keys = {key_id: _decoded(where, key_id, key) for key_id, _, key in pairs}
    return KeyRing(next(iter(keys)), keys)


@lru_cache(maxsize=4)
def _from_file(path: Path, _changed: int, _inode: int) -> KeyRing:
    try:
        told = json.loads(path.read_bytes())
        pairs, active = dict(told["keys"]), str(told["active"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ImproperlyConfigured(
            f"{path} is no key ring ({type(error).__name__}): restore it from a backup"
        ) from None
    if active not in pairs:
        raise ImproperlyConfigured(
            f"{path} names {active!r} as active, which is not among its keys"
        )
    return KeyRing(active, {key_id: _decoded(str(path), key_id, pairs[key_id]) for key_id in pairs})


def _decoded(where: str, key_id: str, text: object) -> bytes:
    """Return the key of this text; what is wrong with it is told without showing it."""
    if not KEY_ID.fullmatch(key_id):
        raise ImproperlyConfigured(
            f"{where} holds a key whose id is not 1 to 32 of a-z, 0-9 and the hyphen"
        )
    try:
        key = base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"{where}: the key {key_id} is not {KEY_BYTES} bytes in base64")
    return key


def _encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()
