"""From YAML to the same that JSON says: version 1.2's types, so `no` and `2026-11-28` are texts.

What could mean two things is refused, and so is whatever a small document could grow into: names
that come twice, aliases, merges, tags of other types, several documents.
"""

import math
import re
from collections.abc import Hashable
from typing import Any, ClassVar, NoReturn

import yaml

from apps.config.domain.findings import Finding, InvalidDefinitionError
from apps.config.domain.garbage import without_collection
from apps.config.domain.limits import Limits

_TAG = "tag:yaml.org,2002:"
_SCALARS = {
    "null": r"(?:~|null|Null|NULL|)",
    "bool": r"(?:true|True|TRUE|false|False|FALSE)",
    "int": r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)",
    "float": r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?",
}
#: Beyond these Python takes long to read a number, and nobody means one.
_MOST_DIGITS = 400


class _Loader(yaml.CSafeLoader):
    """libyaml's, with no type but JSON's."""

    yaml_implicit_resolvers: dict[str | None, Any] = {}
    yaml_constructors: ClassVar[dict[str | None, Any]] = {}


def read_yaml(source: bytes | str, limits: Limits) -> Any:
    """Return what a document says; raises InvalidDefinitionError with the line."""
    size = len(source.encode(errors="replace") if isinstance(source, str) else source)
    if size > limits.definition_bytes:
        _refuse("size", f"{size} bytes; at most {limits.definition_bytes}")
    try:
        with without_collection():
            _check_extent(source, limits)
            return yaml.load(source, Loader=_Loader)  # noqa: S506  a safe one # nosec B506
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        _refuse("yaml", f"line {at.line + 1}: {error.problem}" if at else str(error.problem))
    except (yaml.YAMLError, UnicodeError, ValueError) as error:
        _refuse("yaml", str(error).splitlines()[0])


def _check_extent(source: bytes | str, limits: Limits) -> None:
    """Count before anything is built: events come one by one, however deep they are."""
    depth = nodes = 0
    for event in yaml.parse(source, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            _refuse("alias", f"line {_line(event)}: aliases are not taken")
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.NodeEvent):
            nodes += 1
            depth += isinstance(event, yaml.CollectionStartEvent)
        if depth > limits.depth:
            _refuse("depth", f"line {_line(event)}: nested too deeply")
        if nodes > limits.nodes:
            _refuse("size", f"at most {limits.nodes} values")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in node.value:
        key: Hashable = loader.construct_object(name)
        if not isinstance(key, str):
            raise yaml.MarkedYAMLError(problem="a name is a text", problem_mark=name.start_mark)
        if key in found:
            raise yaml.MarkedYAMLError(
                problem=f"the name {key[:100]!r} comes twice", problem_mark=name.start_mark
            )
        found[key] = loader.construct_object(value, deep=True)
    return found


def _list(loader: _Loader, node: yaml.SequenceNode) -> list[Any]:
    return [loader.construct_object(one, deep=True) for one in node.value]


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = _digits(loader, node)
    for prefix, base in (("0o", 8), ("0x", 16)):
        if text.startswith(prefix):
            return int(text[2:], base)
    return int(text)


def _number(loader: _Loader, node: yaml.ScalarNode) -> float:
    found = float(_digits(loader, node))
    if not math.isfinite(found):
        raise yaml.MarkedYAMLError(problem="no number of JSON", problem_mark=node.start_mark)
    return found


def _refused(_loader: _Loader, node: yaml.Node) -> NoReturn:
    raise yaml.MarkedYAMLError(
        problem=f"the tag {node.tag[:100]!r} is none of JSON's", problem_mark=node.start_mark
    )


def _digits(loader: _Loader, node: yaml.ScalarNode) -> str:
    text = _text(loader, node)
    if len(text) > _MOST_DIGITS:
        raise yaml.MarkedYAMLError(problem="the number is too long", problem_mark=node.start_mark)
    return text


def _refuse(code: str, message: str) -> NoReturn:
    raise InvalidDefinitionError([Finding("", code, message)])


_Loader.yaml_constructors = {
    f"{_TAG}map": _mapping,
    f"{_TAG}seq": _list,
    f"{_TAG}str": _text,
    f"{_TAG}int": _integer,
    f"{_TAG}float": _number,
    f"{_TAG}null": lambda _loader, _node: None,
    f"{_TAG}bool": lambda loader, node: _text(loader, node).lower() == "true",
    None: _refused,
}
for _name, _pattern in _SCALARS.items():
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(rf"\A{_pattern}\Z"), None)
