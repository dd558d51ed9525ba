"""Reading the context: var, missing, missing_some."""

import secrets
from typing import Any

from apps.config.domain import values
from apps.config.domain.compiler import Call, Compiler, argument, is_literal, operator
from apps.config.domain.frames import Frame, Node


def read(data: Any, key: Any, default: Any = None) -> Any:
    """Look a path up as JavaScript would; what is absent or null is the default."""
    if key is None or key == "":
        return data
    for part in values.text(key).split("."):
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list | str):
            data = _item(data, part)
        else:
            return default
    return default if data is None else data


def _item(sequence: list[Any] | str, part: str) -> Any:
    if part == "length":
        return len(sequence)
    if not (part.isascii() and part.isdecimal() and len(part) < 10 and part == str(int(part))):
        return None
    return sequence[int(part)] if int(part) < len(sequence) else None


@operator("var")
def var(compiler: Compiler, call: Call) -> Node:
    key = call.arguments[0] if call.arguments else None
    default = argument(compiler, call, 1)
    if not is_literal(key) or isinstance(key, list | dict):
        compiler.needs_whole |= not call.inner
        name = argument(compiler, call, 0)
        return lambda data, frame: read(data, name(data, frame), default(data, frame))
    path = "" if key is None else values.text(key)
    if path == "$flagd.flagKey" and not call.inner:
        compiler.of_this_flag = True
        flag_key = compiler.flag_key
        return lambda data, frame: flag_key
    if path == "$flagd.timestamp" and not call.inner:
        compiler.needs_frame = compiler.changing = True
        return lambda data, frame: frame.now
    if not call.inner and (path == "" or path.split(".")[0] == "$flagd"):
        compiler.needs_whole = True
    if len(call.arguments) > 1 or call.inner or "." in path or path == "":
        return lambda data, frame: read(data, path, default(data, frame))
    return lambda data, frame: data.get(path)


def plain_key(compiler: Compiler, rule: Any, call: Call) -> str | None:
    """Return the key of a `var` that is one look in the context, which operators shortcut."""
    if (
        compiler.tracing
        or call.inner
        or not (isinstance(rule, dict) and len(rule) == 1 and "var" in rule)
    ):
        return None
    key = rule["var"]
    if isinstance(key, list) and len(key) == 1:
        key = key[0]
    return key if isinstance(key, str) and key and "." not in key and key[0] != "$" else None


@operator("missing")
def missing(compiler: Compiler, call: Call) -> Node:
    compiler.needs_whole |= not call.inner
    names = [argument(compiler, call, index) for index in range(len(call.arguments))]

    def absent(data: Any, frame: Frame) -> list[Any]:
        keys = [name(data, frame) for name in names]
        return _absent(data, keys[0] if keys and isinstance(keys[0], list) else keys)

    return absent


@operator("missing_some")
def missing_some(compiler: Compiler, call: Call) -> Node:
    compiler.needs_whole |= not call.inner
    wanted, names = argument(compiler, call, 0, 0), argument(compiler, call, 1)

    def absent(data: Any, frame: Frame) -> list[Any]:
        keys = names(data, frame)
        if not isinstance(keys, list):
            return []
        lacking = _absent(data, keys)
        return [] if len(keys) - len(lacking) >= values.number(wanted(data, frame)) else lacking

    return absent


def _absent(data: Any, keys: list[Any]) -> list[Any]:
    return [key for key in keys if read(data, key) in (None, "")]


@operator("septet.attribute")
def attribute(compiler: Compiler, call: Call) -> Node:
    """One key of the context as it stands there, which a dot in it would make a path for `var`."""
    [name] = call.arguments if len(call.arguments) == 1 else [None]
    if not isinstance(name, str):
        return compiler.broken(call.place, "arguments", "one name, written out")
    if not call.inner:
        return lambda data, frame: data.get(name)
    return lambda data, frame: data.get(name) if isinstance(data, dict) else None


@operator("septet.random")
def chance(compiler: Compiler, call: Call) -> Node:
    """Another text with each evaluation: for imported rollouts that stick to nobody."""
    compiler.changing = True
    return lambda data, frame: secrets.token_hex(8)
