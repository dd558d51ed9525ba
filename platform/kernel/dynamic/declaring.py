"""Dynamic settings as apps declare them: key, type, default, bounds, and what they are for."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from kernel.dynamic.following import values
from kernel.env import duration as read_duration

T = TypeVar("T")

REGISTRY: dict[str, "Setting[Any]"] = {}

_KEY = re.compile(r"[a-z]+\.[a-z][a-z_]*")
MOST_TEXTS = 100
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[T]):
    """One setting; its key begins with its app, and its default holds until another is said."""

    key: str
    kind: str
    default: T
    description: str
    #: What its values are held to, as JSON Schema.
    schema: dict[str, Any]
    #: From what JSON holds; raises ValueError for what does not fit.
    read: Callable[[Any], T]

    def value(self) -> T:
        """Return what holds now; it asks nobody."""
        return values.of(self.key, self.default, self.read)

    @property
    def app(self) -> str:
        """The app that declares it."""
        return self.key.partition(".")[0]

    @property
    def told_default(self) -> Any:
        """The default as JSON holds it."""
        return told(self.default)


def boolean(key: str, default: bool, description: str) -> Setting[bool]:
    """Declare a switch."""

    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError("expected a boolean")  # noqa: TRY004  as `read` promises
        return value

    return _declared(key, "boolean", default, description, {"type": "boolean"}, read)


def integer(
    key: str, default: int, description: str, *, at_least: int, at_most: int
) -> Setting[int]:
    """Declare a whole number within bounds."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("expected an integer")  # noqa: TRY004  as `read` promises
        if not at_least <= value <= at_most:
            raise ValueError(f"expected {at_least} to {at_most}")
        return value

    schema = {"type": "integer", "minimum": at_least, "maximum": at_most}
    return _declared(key, "integer", default, description, schema, read)


def length_of_time(key: str, default: timedelta, description: str) -> Setting[timedelta]:
    """Declare a length of time, said as `500ms`, `30s`, `15m`, `12h` or `7d`."""

    def read(value: Any) -> timedelta:
        if not isinstance(value, str):
            raise ValueError("expected a text")  # noqa: TRY004  as `read` promises
        return read_duration(value)

    return _declared(key, "duration", default, description, {"type": "string"}, read)


def texts(
    key: str, default: tuple[str, ...], description: str, *, pattern: str
) -> Setting[tuple[str, ...]]:
    """Declare a list of texts of a pattern, which all have to fit."""
    form = re.compile(pattern)

    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) > MOST_TEXTS:
            raise ValueError(f"expected a list of at most {MOST_TEXTS}")
        for one in value:
            if not isinstance(one, str) or not form.fullmatch(one):
                raise ValueError(f"expected texts of the form {pattern}, found {one!r:.80}")
        return tuple(value)

    schema = {
        "type": "array",
        "maxItems": MOST_TEXTS,
        "items": {"type": "string", "pattern": f"^({pattern})$"},
    }
    return _declared(key, "list", default, description, schema, read)


def told(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if isinstance(value, tuple):
        return list(value)
    if not isinstance(value, timedelta):
        return value
    seconds = value.total_seconds()
    for unit, size in _UNITS:
        if seconds and seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    return f"{round(seconds * 1_000)}ms"


def _declared(
    key: str,
    kind: str,
    default: T,
    description: str,
    schema: dict[str, Any],
    read: Callable[[Any], T],
) -> Setting[T]:
    if not _KEY.fullmatch(key):
        raise ValueError(f"a dynamic setting is called <app>.<name>, found {key}")
    if key in REGISTRY:
        raise ValueError(f"two dynamic settings are called {key}")
    read(told(default))
    made = Setting(
        key=key, kind=kind, default=default, description=description, schema=schema, read=read
    )
    REGISTRY[key] = made
    return made
