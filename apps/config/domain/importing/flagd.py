"""flagd's own definitions: in with their bucketing pinned, out as plain flagd serves them."""

from collections.abc import Mapping
from typing import Any

from apps.config.domain.hashing import NEWEST
from apps.config.domain.importing.reports import Import
from apps.config.domain.values import kind

_MEMBERS = ("state", "variants", "defaultVariant", "targeting", "metadata")


def import_flagd(definition: Mapping[str, Any], *, bucketing: str) -> Import:
    """Take a definition as it is, and write to each flag by which generation it was hashed.

    flagd itself does not say: v2 up to openfeature-flagd-core 1, v3 from its 2.0 on.
    """
    result = Import({**definition, "flags": {}})
    for key, flag in _flags(definition).items():
        pinned = flag
        evaluators = definition.get("$evaluators") or {}
        hashes = isinstance(flag, dict) and "fractional" in _used(flag.get("targeting"), evaluators)
        if hashes and "bucketing" not in flag:
            pinned = {**flag, "bucketing": bucketing}
        result.definition["flags"][key] = pinned
    return result.finish()


def export_flagd(definition: Mapping[str, Any], *, bucketing: str = NEWEST) -> Import:
    """Give what plain flagd serves as we do; `bucketing` is the generation of that flagd."""
    definition = _without_segments(definition)
    evaluators: Mapping[str, Any] = definition.get("$evaluators") or {}
    plain = {name: rule for name, rule in evaluators.items() if not _own(rule, evaluators)}
    kept = {name: definition[name] for name in ("$schema", "metadata") if name in definition}
    result = Import({**kept, **({"$evaluators": plain} if plain else {}), "flags": {}})
    for key, flag in _flags(definition).items():
        if not isinstance(flag, dict):
            result.left_out(key, f"a flag is an object, not {kind(flag)}")
            continue
        own = _own(flag.get("targeting"), evaluators)
        if own:
            result.left_out(key, f"flagd has no {', '.join(sorted(own))}")
            continue
        exported = {"state": "ENABLED", **{name: flag[name] for name in _MEMBERS if name in flag}}
        result.definition["flags"][key] = exported
        pinned = flag.get("bucketing", NEWEST)
        if "fractional" in _used(flag.get("targeting"), evaluators) and pinned != bucketing:
            result.changed(key, f"hashed by {pinned} here and by {bucketing} there")
    return result.finish()


def _without_segments(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write segments as evaluators, which is what flagd has."""
    segments = definition.get("$segments") or {}
    if not segments:
        return definition
    rules = {_evaluator(name): _rule(given) for name, given in segments.items()}
    whole = {**definition, "$evaluators": {**(definition.get("$evaluators") or {}), **rules}}
    del whole["$segments"]
    found: Mapping[str, Any] = _referring(whole)
    return found


def _rule(segment: Mapping[str, Any]) -> Any:
    unit = {"var": segment.get("attribute", "targetingKey")}
    parts: list[Any] = []
    if segment.get("members"):
        parts.append({"in": [unit, segment["members"]]})
    if segment.get("rule"):
        parts.append(segment["rule"])
    inside: Any = {"or": [*parts, False]}
    if not segment.get("excluded"):
        return inside
    return {"and": [{"!": [{"in": [unit, segment["excluded"]]}]}, inside]}


def _referring(found: Any) -> Any:
    if isinstance(found, list):
        return [_referring(each) for each in found]
    if not isinstance(found, dict):
        return found
    if len(found) == 1 and "septet.segment" in found:
        given = found["septet.segment"]
        name = given[0] if isinstance(given, list) and given else given
        return {"$ref": _evaluator(str(name))}
    return {name: _referring(given) for name, given in found.items()}


def _evaluator(segment: str) -> str:
    return f"segment-{segment}"


def _flags(definition: Mapping[str, Any]) -> dict[str, Any]:
    flags = definition.get("flags") or {}
    if isinstance(flags, dict):
        return flags
    return {
        flag["key"]: {name: value for name, value in flag.items() if name != "key"}
        for flag in flags
        if isinstance(flag, dict) and isinstance(flag.get("key"), str)
    }


def _own(rule: Any, evaluators: Mapping[str, Any]) -> set[str]:
    """Return the operators of ours in a rule."""
    return {name for name in _used(rule, evaluators) if name.startswith("septet.")}


def _used(rule: Any, evaluators: Mapping[str, Any]) -> set[str]:
    """Return all operators in a rule, with those of the evaluators that it uses."""
    used: set[str] = set()
    waiting, seen = [rule], set[str]()
    while waiting:
        found = waiting.pop()
        used |= _names(found)
        for name in _names(found, "$ref") - seen:
            seen.add(name)
            waiting.append(evaluators.get(name))
    return used


def _names(rule: Any, operator: str = "") -> set[str]:
    """Return the names of all operators, or the texts that one of them is given."""
    names: set[str] = set()
    waiting = [rule]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting.extend(found)
        elif isinstance(found, dict):
            waiting.extend(found.values())
            given = found.get(operator)
            given = given[0] if isinstance(given, list) and given else given
            if not operator:
                names.update(found if len(found) == 1 else ())
            elif isinstance(given, str):
                names.add(given)
    return names
