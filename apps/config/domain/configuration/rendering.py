"""Resolved values written out: JSON, YAML, a file of environment variables, Java properties."""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

Values = Mapping[str, Any]

#: Of YAML's printable characters those that it takes for no end of a line (1.1 and 1.2).
_YAML_ESCAPED = re.compile(
    '[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|["\\\\]'
)
_YAML_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_NOT_A_NAME = re.compile("[^A-Z0-9_]")
_PROPERTIES_SHORT = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f"}


class CollisionError(ValueError):
    """Two keys would have the same name in this format."""


def to_json(values: Values) -> bytes:
    """Return an object of all values, sorted by key; `1.0` stays `1.0`."""
    return orjson.dumps(dict(values), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"


def to_yaml(values: Values) -> bytes:
    """Return the same in YAML, which versions 1.1 and 1.2 read alike: every text is quoted."""
    if not values:
        return b"{}\n"
    return "".join(_yaml_members(values, "")).encode()


def to_env(values: Values) -> bytes:
    """Return `NAME='value'` lines that a POSIX shell reads; members and items get names of theirs.

    `mail.host` becomes `MAIL_HOST`. Raises CollisionError when two would be the same.
    """
    lines: dict[str, str] = {}
    origins: dict[str, str] = {}
    for path, value in _leaves(values, lambda path, step: f"{path}_{step}"):
        name = _NOT_A_NAME.sub("_", path.upper())
        if name[:1].isdigit():
            name = f"_{name}"
        _claim(name, path, origins)
        lines[name] = f"{name}={shlex.quote(_text(value))}\n"
    return "".join(lines[name] for name in sorted(lines)).encode()


def to_properties(values: Values) -> bytes:
    """Return what `java.util.Properties` reads, in ASCII: `mail.host=…`, `hosts[0]=…`.

    Raises CollisionError when two would be the same.
    """
    lines: dict[str, str] = {}
    origins: dict[str, str] = {}
    for path, value in _leaves(values, _java_path):
        _claim(path, path, origins)
        lines[path] = f"{_java(path, key=True)}={_java(_text(value), key=False)}\n"
    return "".join(lines[path] for path in sorted(lines)).encode("ascii")


def _claim(name: str, path: str, origins: dict[str, str]) -> None:
    if name in origins:
        raise CollisionError(f"{origins[name]!r} and {path!r} are both {name!r} in this format")
    origins[name] = path


def _java_path(path: str, step: str | int) -> str:
    return f"{path}[{step}]" if isinstance(step, int) else f"{path}.{step}"


def _leaves(values: Values, joined: Callable[[str, str | int], str]) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        yield from _leaves_of(key, value, joined)


def _leaves_of(
    path: str, value: Any, joined: Callable[[str, str | int], str]
) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, one in value.items():
            yield from _leaves_of(joined(path, name), one, joined)
    elif isinstance(value, list) and value:
        for number, one in enumerate(value):
            yield from _leaves_of(joined(path, number), one, joined)
    else:
        yield path, value


def _text(value: Any) -> str:
    """Return a value as text: of a string itself, of nothing nothing, of all else its JSON."""
    if isinstance(value, str):
        return value
    return "" if value in (None, {}, []) else orjson.dumps(value).decode()


def _java(text: str, *, key: bool) -> str:
    escaped = []
    for number, char in enumerate(text):
        if char in _PROPERTIES_SHORT:
            escaped.append(_PROPERTIES_SHORT[char])
        elif (char == " " and (key or number == 0)) or (char in ":=#!" and (key or number == 0)):
            escaped.append(f"\\{char}")
        elif " " <= char <= "~":
            escaped.append(char)
        else:
            units = char.encode("utf-16-be")
            escaped += [f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2)]
    return "".join(escaped)


def _yaml_members(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name in sorted(values):
        yield f"{indent}{_yaml_text(name)}:{_yaml(values[name], indent)}"


def _yaml(value: Any, indent: str) -> str:
    """Return what follows a colon or a dash, with the end of its line."""
    if isinstance(value, dict) and value:
        return "\n" + "".join(_yaml_members(value, f"{indent}  "))
    if isinstance(value, list) and value:
        return "\n" + "".join(f"{indent}  -{_yaml(one, f'{indent}  ')}" for one in value)
    if isinstance(value, float):
        return f" {_yaml_float(value)}\n"
    if isinstance(value, str):
        return f" {_yaml_text(value)}\n"
    return f" {orjson.dumps(value).decode()}\n"


def _yaml_float(value: float) -> str:
    # YAML 1.1 takes `1e+22` for a text: its floats have a point.
    text = repr(value)
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    sign = exponent[0] if exponent[0] in "+-" else "+"
    return f"{mantissa if '.' in mantissa else f'{mantissa}.0'}e{sign}{exponent.lstrip('+-')}"


def _yaml_text(text: str) -> str:
    return f'"{_YAML_ESCAPED.sub(_yaml_escape, text)}"'


def _yaml_escape(match: re.Match[str]) -> str:
    char = match[0]
    return _YAML_SHORT.get(char, f"\\u{ord(char):04x}")
