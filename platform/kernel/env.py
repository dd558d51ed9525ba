"""Typed reads of the environment: a wrong value ends the start with a sentence that names it."""

import json
import os
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
Text = TypeVar("Text", bound=str)
Network = IPv4Network | IPv6Network

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_DURATION = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>ms|s|m|h|d)")
# A scheme and a host, perhaps a port: what browsers send as Origin, or `*.` for all under a domain.
_ORIGIN = re.compile(r"https?://(\*\.)?([\w.-]+|\[[\da-fA-F:.]+\])(:\d+)?")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


class Rate(NamedTuple):
    """How much may be used in a minute in the long run, and how much at once."""

    per_minute: int
    burst: int


class Mail(NamedTuple):
    """Where mail goes, in the words of Django's settings."""

    kind: str
    folder: str = ""
    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = ""
    ssl: bool = False
    tls: bool = False

    @property
    def backend(self) -> str:
        """Return the backend that sends it."""
        return f"django.core.mail.backends.{self.kind}.EmailBackend"


class Environment:
    """The settings somebody gave, each read once through the method of its type."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str, default: str) -> str:
        return self._values.get(name, default)

    def secret(self, name: str) -> str:
        """Read a secret, or the file that `<name>_FILE` names; without both it is empty."""
        file = self._values.get(f"{name}_FILE", "")
        if not file:
            return self._values.get(name, "")
        if self._values.get(name):
            raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: expected one")
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(
                f"{name}_FILE={file}: expected a file that can be read: {error}"
            ) from None

    def choice(self, name: str, default: Text, choices: tuple[Text, ...]) -> Text:
        return self._read(name, default, _one_of(choices), f"one of {', '.join(choices)}")

    def flag(self, name: str, *, default: bool) -> bool:
        return self._read(name, default, _boolean, "true or false")

    def number(self, name: str, default: int, *, at_least: int = 0, at_most: int = 2**31) -> int:
        def parse(text: str) -> int:
            number = int(text)
            if not at_least <= number <= at_most:
                raise ValueError
            return number

        return self._read(name, default, parse, f"a whole number from {at_least} to {at_most}")

    def share(self, name: str, default: float) -> float:
        """Read a share of a whole, from 0 to 1."""

        def parse(text: str) -> float:
            share = float(text)
            if not 0 <= share <= 1:
                raise ValueError
            return share

        return self._read(name, default, parse, "a number from 0 to 1")

    def items(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        return self._read(name, default, _items, "items with commas between them")

    def ports(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        return self._read(name, default, _ports, "ports with commas between them")

    def pairs(self, name: str) -> dict[str, str]:
        """Read `name=value` pairs."""
        return self._read(name, {}, _pairs, "name=value pairs with commas between them")

    def numbers(self, name: str, *, at_least: int, at_most: int) -> dict[str, int]:
        """Read `name=number` pairs."""

        def parse(text: str) -> dict[str, int]:
            found = {key: int(value) for key, value in _pairs(text).items()}
            if not all(at_least <= number <= at_most for number in found.values()):
                raise ValueError
            return found

        expected = f"name=number pairs with commas between them, from {at_least} to {at_most}"
        return self._read(name, {}, parse, expected)

    def choices(self, name: str, *, choices: tuple[str, ...]) -> dict[str, str]:
        """Read `name=choice` pairs."""

        def parse(text: str) -> dict[str, str]:
            found = _pairs(text)
            if not set(found.values()) <= set(choices):
                raise ValueError
            return found

        expected = f"name=choice pairs with commas between them, one of {', '.join(choices)}"
        return self._read(name, {}, parse, expected)

    def origins(self, name: str) -> tuple[str, ...]:
        """Read origins such as `https://septet.example.com` or `https://*.example.com`."""
        expected = "origins such as https://septet.example.com, with commas between them"
        return self._read(name, (), _origins, expected)

    def origin(self, name: str) -> str:
        """Read one origin; empty for none."""

        def parse(text: str) -> str:
            found = _origins(text)
            if len(found) > 1:
                raise ValueError
            return "".join(found)

        return self._read(name, "", parse, "an origin, such as https://a.example.com")

    def networks(self, name: str) -> tuple[Network, ...]:
        """Read addresses and networks such as `10.0.0.7, 10.1.0.0/16, fd00::/8`."""
        expected = "networks such as 10.0.0.0/8, with commas between them"
        return self._read(name, (), _networks, expected)

    def url(self, name: str, default: str, schemes: tuple[str, ...]) -> str:
        """Read a URL with one of these schemes, or the empty text."""
        text = self.text(name, default).strip()
        url = urlsplit(text)
        if text and (url.scheme not in schemes or not (url.hostname or url.path)):
            # The value may hold a password, so only its scheme is told.
            found = f"{url.scheme}:…" if url.scheme else "…"
            raise ImproperlyConfigured(
                f"{name}={found}: expected {'://, '.join(schemes)}:// and where"
            )
        return text

    def duration(self, name: str, default: timedelta) -> timedelta:
        """Read a length of time such as `500ms`, `30s`, `15m`, `12h` or `7d`."""
        return self._read(name, default, duration, "a time such as 500ms, 30s, 15m, 12h or 7d")

    def rate(self, name: str, default: str) -> Rate | None:
        """Read `<units a minute>:<units at once>`; 0 is no limit, which is None."""
        expected = "units a minute and units at once, such as 600:100, or 0 for no limit"
        return self._read(name, _rate(default), _rate, expected)

    def path(self, name: str, default: Path) -> Path:
        return self._read(name, default, lambda text: Path(text).expanduser().resolve(), "a path")

    def folder(self, name: str, default: Path) -> Path:
        """Read a path and make it a folder that can be written; a new one is ours alone."""
        path = self.path(name, default)
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}={path}: expected a folder, or where one can be made: {error.strerror}"
            ) from None
        if not os.access(path, os.W_OK | os.X_OK):
            raise ImproperlyConfigured(f"{name}={path}: expected a folder that can be written")
        return path

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Read `sqlite:///file` or `postgres://user:password@host:port/name?option=value`.

        Without a value and a default it is empty.
        """
        text = self.text(name, default)
        if not text and not default:
            return {}
        expected = "sqlite:///file or postgres://user:password@host:port/name"
        return _url(name, text, _database, expected)

    def objects(self, name: str) -> dict[str, dict[str, Any]]:
        """Read a JSON object of objects, or the file that `<name>_FILE` names.

        Where one has `password_from`, it gets the `password` that the variable of that name holds,
        or the file that `<it>_FILE` names.
        """
        try:
            found = json.loads(self.secret(name) or "{}")
        except ValueError:
            found = None
        if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
            # The value may hold a password, so it is not told.
            raise ImproperlyConfigured(f"{name}=…: expected a JSON object of objects")
        for one in found.values():
            if "password_from" in one:
                one["password"] = self.secret(str(one.pop("password_from")))
        return found

    def databases(self, name: str) -> list[dict[str, Any]]:
        """Read URLs of databases with spaces between them."""
        expected = "URLs such as postgres://user:password@host:port/name, with spaces between them"
        return _url(
            name, self.text(name, ""), lambda text: [*map(_database, text.split())], expected
        )

    def mail(self, name: str, default: Path) -> "Mail":
        """Read where mail goes: to a server, into a folder, or to the console.

        `smtp://user:password@host:port?tls=1` begins in the clear and changes to TLS, and
        `smtps://` begins with TLS; `file:///folder` keeps each message as a file; `console:`.
        """
        text = self.text(name, f"file://{default}")
        expected = "smtp://user:password@host:port?tls=1, file:///folder or console:"
        return _url(name, text, _mail, expected)

    def _read(self, name: str, default: T, parse: Callable[[str], T], expected: str) -> T:
        text = self._values.get(name)
        if text is None:
            return default
        try:
            return parse(text.strip())
        except ValueError:
            raise ImproperlyConfigured(f"{name}={text}: expected {expected}") from None


def _url(name: str, text: str, parse: Callable[[str], T], expected: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        # The value may hold a password, so only its scheme is told.
        scheme, colon, _ = text.partition(":")
        raise ImproperlyConfigured(
            f"{name}={f'{scheme}:' if colon else ''}…: expected {expected}, {error}"
        ) from None


def _one_of(choices: tuple[Text, ...]) -> Callable[[str], Text]:
    def parse(text: str) -> Text:
        # ValueError for another.
        return choices[choices.index(text)]

    return parse


def _boolean(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


def _ports(text: str) -> tuple[int, ...]:
    ports = tuple(int(item) for item in _items(text))
    if not ports or not all(0 < port <= 65535 for port in ports):
        raise ValueError
    return ports


def _pairs(text: str) -> dict[str, str]:
    parts = [item.partition("=") for item in _items(text)]
    if not all(name.strip() and value.strip() for name, _, value in parts):
        raise ValueError
    return {name.strip(): value.strip() for name, _, value in parts}


def _origins(text: str) -> tuple[str, ...]:
    origins = _items(text)
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError
    return origins


def _rate(text: str) -> Rate | None:
    if text == "0":
        return None
    per_minute, _, burst = text.partition(":")
    rate = Rate(int(per_minute), int(burst))
    if min(rate) < 1:
        raise ValueError
    return rate


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(item) for item in _items(text))


def duration(text: str) -> timedelta:
    """Read a length of time such as `30s` or `7d`; raises ValueError."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError
    return timedelta(seconds=float(match["number"]) * _UNITS[match["unit"]])


def _database(text: str) -> dict[str, Any]:
    url = urlsplit(text)
    if url.scheme == "sqlite":
        if not url.path.strip("/"):
            raise ValueError("found no file name")
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": unquote(url.path[1:])}
    if url.scheme not in {"postgres", "postgresql"}:
        raise ValueError("found another scheme" if url.scheme else "found no scheme")
    if not url.path.strip("/"):
        raise ValueError("found no database name")
    user, _, where = url.netloc.rpartition("@")
    name, _, password = user.partition(":")
    hosts, ports = _hosts(where)
    return {
        "ENGINE": "kernel.tenancy.postgresql",
        "NAME": unquote(url.path[1:]),
        "USER": unquote(name),
        "PASSWORD": unquote(password),
        "HOST": hosts,
        "PORT": ports,
        "OPTIONS": dict(parse_qsl(url.query)),
    }


def _hosts(where: str) -> tuple[str, str]:
    """Return hosts and ports as libpq has them: the names in a row, and the numbers."""
    found = [urlsplit(f"//{one}") for one in where.split(",")]
    hosts = [unquote(one.hostname or "") for one in found]
    ports = [str(one.port or "") for one in found]
    if len(found) > 1 and not all(hosts):
        raise ValueError("found a host without a name")
    return ",".join(hosts), ",".join(ports) if any(ports) else ""


def _mail(text: str) -> Mail:
    url = urlsplit(text)
    if url.scheme == "console":
        return Mail("console")
    if url.scheme == "file":
        if url.netloc or not url.path.strip("/"):
            raise ValueError("found no folder")
        return Mail("filebased", folder=unquote(url.path))
    if url.scheme not in {"smtp", "smtps"}:
        raise ValueError("found another scheme" if url.scheme else "found no scheme")
    if not url.hostname:
        raise ValueError("found no host")
    options = dict(parse_qsl(url.query, keep_blank_values=True))
    tls = _boolean(options.pop("tls", "0"))
    if options:
        raise ValueError("found an option that is not tls")
    at_once = url.scheme == "smtps"
    return Mail(
        "smtp",
        host=url.hostname,
        port=url.port or (465 if at_once else 587),
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        ssl=at_once,
        tls=tls and not at_once,
    )
