"""What is said of a place outside, held to what its kind takes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

MOST_TEXT: Final = 500
MOST_RECIPIENTS: Final = 20
MOST_LINK_DAYS: Final = 7
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
_MAIL = re.compile(r"[^@\s<>,;\"]{1,64}@[A-Za-z0-9.-]{1,190}")
#: As a key file has it, or the fingerprint that programs show.
_HOST_KEY = re.compile(r"[a-z0-9@.-]{3,60} [A-Za-z0-9+/]{40,2000}={0,2}|SHA256:[A-Za-z0-9+/]{43}")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
FOLDER_PARTS: Final = ("date", "dataset", "export", "series")

Told = Mapping[str, Any]


class SettingError(ValueError):
    """What is said of a place is none that its kind takes; the message names the setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a kind of place takes: its settings, which of them say where it is, its secret."""

    #: The default of each, None where it has to be said, and what reads it.
    settings: Mapping[str, tuple[Any, Callable[[Any], Any]]]
    #: Who changes one of these says the secret anew: it would go to somebody else.
    where: tuple[str, ...] = ()
    secret: str = ""
    reads: bool = False


def settings_of(kind: str, told: Told) -> dict[str, Any]:
    """Return all settings of a place; raises SettingError."""
    if not isinstance(told, Mapping):
        raise SettingError("expected an object")
    known = KINDS[kind].settings
    if unknown := sorted(set(told) - set(known)):
        raise SettingError(f"{kind} has no setting {unknown[0]!r:.60}; it has {', '.join(known)}")
    found = {}
    for name, (default, read) in known.items():
        value = told.get(name)
        if value is None:
            if default is None:
                raise SettingError(f"{name} has to be said")
            found[name] = default
            continue
        try:
            found[name] = read(value)
        except (TypeError, ValueError) as error:
            raise SettingError(f"{name}: {error}") from None
    return found


def is_elsewhere(kind: str, before: Told, after: Told) -> bool:
    """Say whether a secret that was kept for the one place would go to another."""
    return any(before.get(name) != after.get(name) for name in KINDS[kind].where)


def _text(pattern: re.Pattern[str], expected: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(f"expected {expected}")
        return value

    return read


def _address(value: Any) -> str:
    parts = urlsplit(value if isinstance(value, str) else "")
    if parts.scheme not in ("http", "https") or not parts.hostname or len(value) > MOST_TEXT:
        raise ValueError("expected https://host/path")
    if parts.username or parts.fragment:
        raise ValueError("expected an address without a user or #fragment")
    return str(value)


def _origin(value: Any) -> str:
    if value == "":
        return ""
    address = _address(value)
    if urlsplit(address).path.strip("/") or urlsplit(address).query:
        raise ValueError("expected https://host, without a path")
    return address.rstrip("/")


def _folder(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_TEXT or not value.isprintable():
        raise ValueError(f"expected a text of at most {MOST_TEXT} characters")
    plain = _PLACEHOLDER.sub("", value)
    unknown = set(_PLACEHOLDER.findall(value)) - set(FOLDER_PARTS)
    if unknown or "{" in plain or "}" in plain:
        raise ValueError(f"in braces stand {', '.join(FOLDER_PARTS)}")
    if "\\" in value or ".." in value.split("/"):
        raise ValueError("expected folders with / between, and none is ..")
    return value.rstrip("/")


def _port(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
        raise ValueError("expected a port from 1 to 65535")
    return value


def _days(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_LINK_DAYS:
        raise ValueError(f"expected 1 to {MOST_LINK_DAYS} days")
    return value


def _recipients(value: Any) -> list[str]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_RECIPIENTS:
        raise ValueError(f"expected a list of 1 to {MOST_RECIPIENTS} addresses")
    for one in value:
        if not isinstance(one, str) or not _MAIL.fullmatch(one):
            raise ValueError(f"{str(one)[:80]!r} is no address of mail")
    return list(dict.fromkeys(value))


_SHORT = re.compile(rf"[^\x00-\x1f\x7f]{{1,{MOST_TEXT}}}")
_ANY = _text(_SHORT, f"1 to {MOST_TEXT} characters on one line")
#: Without {export}, a later export of the name replaces the one before.
_DEFAULT_FOLDER = "{export}"

KINDS: Final[Mapping[str, Kind]] = {
    "s3": Kind(
        settings={
            "bucket": (None, _text(_BUCKET, "the name of a bucket")),
            "access_key": (None, _ANY),
            "region": ("us-east-1", _text(_REGION, "the name of a region")),
            # Of another than AWS.
            "address": ("", _origin),
            "folder": (_DEFAULT_FOLDER, _folder),
        },
        where=("access_key", "region", "address", "bucket"),
        secret="secret key",  # noqa: S106  what it is called # nosec B106
        reads=True,
    ),
    "sftp": Kind(
        settings={
            "host": (None, _text(_HOST, "a host, without a port")),
            "port": (22, _port),
            "user": (None, _ANY),
            # Without it nothing is sent; a test tells which one the server shows.
            "host_key": (
                "",
                lambda value: (
                    value
                    if value == ""
                    else _text(_HOST_KEY, "SHA256:… or a line such as ssh-ed25519 AAAA…")(value)
                ),
            ),
            "folder": (_DEFAULT_FOLDER, _folder),
        },
        where=("host", "port", "user", "host_key"),
        secret="password or private key",  # noqa: S106  as above # nosec B106
        reads=True,
    ),
    "webhook": Kind(
        settings={
            "address": (None, _address),
            "link_days": (1, _days),
        },
        where=("address",),
        secret="secret of Standard Webhooks",  # noqa: S106  as above # nosec B106
    ),
    "email": Kind(
        settings={
            "to": (None, _recipients),
            "link_days": (MOST_LINK_DAYS, _days),
        },
    ),
}
