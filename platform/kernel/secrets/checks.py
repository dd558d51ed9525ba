"""What would make secrets at rest easy to read, told before a process starts."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004  Django's
from django.core.checks.security.base import SECRET_KEY_INSECURE_PREFIX
from django.core.exceptions import ImproperlyConfigured

from kernel.secrets.ring import KEY_BYTES, default_file, ring

#: Of 32 random bytes, about 30 are different; fewer than 20 happen once in 10^11.
LEAST_DIFFERENT_BYTES = 20
LEAST_SECRET_KEY = 43  # 256 bits in base64
#: Hexadecimal digits are sixteen, and 64 random ones hold nearly all of them.
LEAST_DIFFERENT_CHARACTERS = 10


@register(Tags.security)
def keys_are_good(**_options: Any) -> list[CheckMessage]:
    """Tell of keys that cannot be read or that somebody made up."""
    if not settings.ENCRYPTION_KEYS and not default_file().exists() and _in_data_folder():
        return []  # made at first use
    try:
        keys = ring().keys
    except (ImproperlyConfigured, OSError) as error:
        return [Error(str(error), hint="see ENCRYPTION_KEYS", id="septet.E011")]
    return [
        Error(
            f"the encryption key {key_id} is not random",
            hint=f"make one of {KEY_BYTES} random bytes with `manage.py rotate_keys --print`",
            id="septet.E012",
        )
        for key_id, key in keys.items()
        if len(set(key)) < LEAST_DIFFERENT_BYTES
    ]


@register(Tags.security)
def key_files_are_private(**_options: Any) -> list[CheckMessage]:
    """Tell of a file of keys that others on this machine can read."""
    files = [Path(settings.DATA_DIR) / "secret_key"]
    if not settings.ENCRYPTION_KEYS:
        files.append(Path(settings.ENCRYPTION_KEYS_FILE))
    return list(_readable_by_others(files))


@register(Tags.security)
def the_signing_key_is_long(**_options: Any) -> list[CheckMessage]:
    """Tell of a SECRET_KEY that can be guessed: whoever has it makes sessions."""
    key = settings.SECRET_KEY
    long = len(key) >= LEAST_SECRET_KEY and len(set(key)) >= LEAST_DIFFERENT_CHARACTERS
    if long and not key.startswith(SECRET_KEY_INSECURE_PREFIX):
        return []
    hint = f"set at least {LEAST_SECRET_KEY} random characters, or none: one is made then"
    return [Warning("SECRET_KEY is short or not random", hint=hint, id="septet.W010")]


@register(Tags.security, deploy=True)
def keys_outlive_this_machine(**_options: Any) -> list[CheckMessage]:
    """Tell of a ring in the data folder where the rows that need it are somewhere else."""
    if settings.EMBEDDED or settings.ENCRYPTION_KEYS or not _in_data_folder():
        return []
    hint = "set ENCRYPTION_KEYS or ENCRYPTION_KEYS_FILE, the same for all processes"
    told = "secrets in the database are encrypted by keys in the data folder of this machine"
    return [Warning(told, hint=hint, id="septet.W011")]


def _in_data_folder() -> bool:
    return Path(settings.ENCRYPTION_KEYS_FILE) == default_file()


def _readable_by_others(files: list[Path]) -> Iterator[CheckMessage]:
    for file in files:
        if not file.exists():
            continue
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            # A group may be how a container is given its secrets.
            kind = Error if mode & 0o007 else Warning
            yield kind(
                f"{file} has mode {mode:o}: others can read it",
                hint=f"chmod 600 {file}",
                id="septet.E013" if kind is Error else "septet.W012",
            )
