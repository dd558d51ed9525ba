"""What a definition must be, beside its rules."""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.config.domain.compiler import Segment, is_literal
from apps.config.domain.evaluations import NO_METADATA, Metadata
from apps.config.domain.findings import Finding, Place, Severity, under
from apps.config.domain.graphs import measure
from apps.config.domain.hashing import GENERATIONS
from apps.config.domain.limits import Limits
from apps.config.domain.values import kind

_MOST_EXACT = 2**53 - 1
_KNOWN = {"key", "state", "variants", "defaultVariant", "targeting", "metadata", "bucketing"}
_TYPES = ("boolean", "number", "string", "object")


def flags_of(
    definition: Mapping[str, Any], limits: Limits, findings: list[Finding]
) -> dict[str, tuple[Any, str]]:
    """Return each flag with its place; they come as an object, or as a list with their keys."""
    given = definition.get("flags")
    if not isinstance(given, dict | list):
        findings.append(Finding("/flags", "type", f"flags are an object, not {kind(given)}"))
        return {}
    if len(given) > limits.flags:
        findings.append(Finding("/flags", "size", f"{len(given)} flags; at most {limits.flags}"))
        return {}
    if isinstance(given, dict):
        return {key: (flag, under("", "flags", key)) for key, flag in given.items()}
    flags: dict[str, tuple[Any, str]] = {}
    for index, flag in enumerate(given):
        place = under("", "flags", index)
        key = flag.get("key") if isinstance(flag, dict) else None
        if not isinstance(key, str) or key in flags:
            findings.append(Finding(place, "key", f"the key {key!r} is no text, or comes twice"))
        else:
            flags[key] = (flag, place)
    return flags


def objects_of(
    definition: Mapping[str, Any], name: str, findings: list[Finding]
) -> Mapping[str, Any]:
    """Return one of the tables beside the flags; what was left out is empty."""
    given = definition.get(name, {})
    if isinstance(given, dict):
        return given
    findings.append(Finding(under("", name), "type", f"an object, not {kind(given)}"))
    return {}


def segment_of(name: str, given: Any, limits: Limits, findings: list[Finding]) -> Segment | None:
    """Read one segment; None when nothing can be made of it."""
    place = under("", "$segments", name)
    lists = [
        given.get(part, []) if isinstance(given, dict) else None for part in ("members", "excluded")
    ]
    attribute = given.get("attribute", "targetingKey") if isinstance(given, dict) else None
    if not isinstance(attribute, str) or not all(
        isinstance(units, list) and all(isinstance(unit, str) for unit in units) for units in lists
    ):
        message = "a segment has members and excluded, lists of texts, an attribute and a rule"
        findings.append(Finding(place, "type", message))
        return None
    members, excluded = (frozenset(units or ()) for units in lists)
    if len(members) + len(excluded) > limits.members:
        findings.append(Finding(place, "size", f"more than {limits.members} members"))
        return None
    return Segment(attribute, members, excluded, bool(given.get("rule")))


def metadata_of(given: Mapping[str, Any], place: str, findings: list[Finding]) -> Metadata:
    """Return what is flat of the metadata, and say what is not."""
    metadata = given.get("metadata")
    if metadata is None:
        return NO_METADATA
    place = under(place, "metadata")
    if not isinstance(metadata, dict):
        findings.append(Finding(place, "type", f"an object, not {kind(metadata)}"))
        return NO_METADATA
    for name, value in metadata.items():
        if not name or not isinstance(value, str | bool | int | float):
            message = f"metadata is texts, numbers and booleans, not {kind(value)}"
            findings.append(Finding(under(place, name), "type", message))
    return metadata


def check_flag(flag: Any, place: str, limits: Limits, findings: list[Finding]) -> str:
    """Note what is wrong with one flag; return why it cannot be used at all, if so."""
    before = len(findings)
    if not isinstance(flag, dict):
        findings.append(Finding(place, "type", f"a flag is an object, not {kind(flag)}"))
    else:
        _check_members(flag, place, findings)
        _check_size(flag.get("variants"), place, limits, findings)
    errors = [each for each in findings[before:] if each.severity is Severity.ERROR]
    fatal = next(
        (each for each in errors if each.code in {"type", "state", "bucketing", "size"}), None
    )
    if fatal is None and isinstance(flag, dict):
        _check_choices(flag, place, findings)
    return fatal.message if fatal else ""


def _check_size(variants: Any, place: str, limits: Limits, findings: list[Finding]) -> None:
    if isinstance(variants, dict) and any(isinstance(v, dict | list) for v in variants.values()):
        size = measure(variants, limits)
        if size.depth > limits.depth or size.nodes > limits.nodes:
            message = f"more than {limits.depth} levels or {limits.nodes} parts"
            findings.append(Finding(under(place, "variants"), "size", message))


def _check_members(flag: dict[str, Any], place: str, findings: list[Finding]) -> None:
    def note(name: str, code: str, message: str, severity: Severity = Severity.ERROR) -> None:
        findings.append(Finding(under(place, name), code, message, severity))

    if flag.get("state", "ENABLED") not in ("ENABLED", "DISABLED"):
        note("state", "state", f"ENABLED or DISABLED, not {flag['state']!r}")
    if "state" not in flag:
        note("state", "state", "no state: taken for ENABLED", Severity.WARNING)
    if not isinstance(flag.get("variants"), dict) or not flag["variants"]:
        note("variants", "type", "variants are an object with at least one in it")
    if not isinstance(flag.get("targeting", {}), dict | None):
        note("targeting", "type", f"a rule is an object, not {kind(flag['targeting'])}")
    if not isinstance(flag.get("defaultVariant"), str | bool | None):
        note("defaultVariant", "type", "the name of a variant, or null for the code's own default")
    if flag.get("bucketing", GENERATIONS[0]) not in GENERATIONS:
        note("bucketing", "bucketing", f"one of {', '.join(GENERATIONS)}")
    metadata_of(flag, place, findings)
    for name in flag.keys() - _KNOWN:
        note(name, "unknown", f"nothing reads {name!r}", Severity.WARNING)


def _check_choices(flag: dict[str, Any], place: str, findings: list[Finding]) -> None:
    variants = flag["variants"]
    first = kind(next(iter(variants.values())))
    for name, value in variants.items():
        found = kind(value)
        if found not in _TYPES or found != first:
            message = f"{found} among {first}: variants are all boolean, number, string or object"
            findings.append(Finding(under(place, "variants", name), "variants", message))
        elif found == "number" and abs(value) > _MOST_EXACT:
            message = "beyond 2^53 - 1 JavaScript reads another number"
            findings.append(Finding(under(place, "variants", name), "number", message))
    default = flag.get("defaultVariant")
    name = str(default).lower() if isinstance(default, bool) else default
    if name and name not in variants:
        where = under(place, "defaultVariant")
        findings.append(Finding(where, "variant", f"{name!r} is no variant"))


def results_of(rule: Any, place: str) -> Iterator[tuple[Any, Place]]:
    """Yield what a rule can choose as far as it is written out, each with its place."""
    waiting: list[tuple[Any, Place]] = [(rule, place)]
    while waiting:
        found, where = waiting.pop()
        if is_literal(found):
            if not isinstance(found, list | dict):
                yield found, where
            continue
        if not isinstance(found, dict):
            continue
        [(name, given)] = found.items()
        given = given if isinstance(given, list) else [given]
        where = (where, name)
        if name in ("if", "?:"):
            last = len(given) - 1
            waiting.extend(
                (item, (where, index))
                for index, item in enumerate(given)
                if index % 2 or index == last
            )
        elif name == "fractional":
            waiting.extend(
                (item[0], ((where, index), 0))
                for index, item in enumerate(given)
                if isinstance(item, list) and item
            )
