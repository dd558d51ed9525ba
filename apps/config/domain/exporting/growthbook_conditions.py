"""Our tests as conditions of GrowthBook's."""

import json
import operator as python
from collections.abc import Callable, Mapping
from typing import Any

from apps.config.domain import versions
from apps.config.domain.exporting.branches import NotRepresentableError, Test
from apps.config.domain.exporting.patterns import pattern_of
from apps.config.domain.values import kind, number

Json = Any

_ORDERS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "<": ("$lt", python.lt),
    "<=": ("$lte", python.le),
    ">": ("$gt", python.gt),
    ">=": ("$gte", python.ge),
}
_VERSIONS = {"=": "eq", "!=": "ne", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_VERSION = r"^v?[0-9]{1,5}\.[0-9]{1,5}\.[0-9]{1,5}([-+].*)?$"

BY_TYPE = "numbers are compared with numbers alone there, not with texts that read as one"
BY_FALLBACK = "the second attribute that is hashed is known to clients with sticky bucketing alone"
BY_FORM = "versions that are not written like 1.2.3 never match there"


def attribute_of(rule: Json) -> str:
    """Return GrowthBook's name of what a rule reads; its `id` is the targeting key."""
    match rule:
        case {"var": "targetingKey" | ["targetingKey"]}:
            return "id"
        case {"var": ["id", {"var": "targetingKey"}]}:
            return "id"
        case {"var": str(name) | [str(name)]}:
            parts = name.split(".")
            plain = all(part and part != "length" and not part.isdigit() for part in parts)
            if name != "id" and plain and not name.startswith("$"):
                return name
        case {"septet.attribute": str(name) | [str(name)]}:
            if name and name != "id" and "." not in name and not name.startswith("$"):
                return name
    raise NotRepresentableError("a test of something else than an attribute")


class Conditions:
    """The conditions of one flag, the groups that they name, and what is not quite the same."""

    def __init__(self, segments: Mapping[str, Json]) -> None:
        self._named = {
            json.dumps(segment[part]): name if part == "members" else f"{name}: {part}"
            for name, segment in segments.items()
            for part in ("members", "excluded")
            if segment.get(part)
        }
        self.groups: dict[str, list[str]] = {}
        self.notes: set[str] = set()

    def of(self, test: Test) -> Json:
        """Return a test as a condition; raises NotRepresentableError."""
        found = self._condition(test.operator, list(test.arguments))
        return {"$not": found} if test.negated else found

    def _condition(self, name: str, given: list[Json]) -> Json:
        match name, given:
            case "septet.growthbook", [dict(condition)]:
                if "$savedGroup" in json.dumps(condition):
                    raise NotRepresentableError("a saved group that is not there")
                return condition
            case "in", [str(part), field]:
                among = {"$elemMatch": {"$eq": part}}
                inside = _matching(pattern_of("contains", [part]))
                name = attribute_of(field)
                return {"$or": [{name: among}, {name: inside}]}
            case (("==" | "===" | "!=" | "!=="), [field, wanted]):
                return {attribute_of(field): self._equal(name, wanted)}
            case (("<" | "<=" | ">" | ">="), [field, wanted]):
                return self._order(name, attribute_of(field), wanted)
            case "in", [field, list(values)]:
                return {attribute_of(field): self._among(values)}
            case _, [field, *rest]:
                return {attribute_of(field): self._test(name, rest)}
        raise NotRepresentableError(f"GrowthBook has no {name} as it is used here")

    def _equal(self, name: str, wanted: Json) -> Json:
        if kind(wanted) not in ("string", "number", "boolean"):
            raise NotRepresentableError(f"a comparison with {json.dumps(wanted)[:100]}")
        # To JsonLogic a text that reads as a number is equal to that number, and true is 1.
        loose = len(name) == 2 and number(wanted) == number(wanted)
        if loose:
            self.notes.add(BY_TYPE)
        return {"$eq" if name[0] == "=" else "$ne": wanted}

    def _order(self, name: str, field: str, wanted: Json) -> Json:
        word, compare = _ORDERS[name]
        if kind(wanted) == "string" and number(wanted) != number(wanted):
            return {field: {word: wanted, "$type": "string"}}
        if kind(wanted) != "number":
            raise NotRepresentableError("an order of texts that read as numbers")
        self.notes.add(BY_TYPE)
        found = {field: {word: wanted, "$type": "number"}}
        # What is not there counts as zero.
        return {"$or": [found, {field: {"$exists": False}}]} if compare(0, wanted) else found

    def _among(self, values: list[Json]) -> Json:
        kinds = sorted({kind(value) for value in values})
        if not {"string", "number", "boolean"} >= set(kinds):
            raise NotRepresentableError("a list of other things than texts and numbers")
        if name := self._named.get(json.dumps(values)):
            self.groups[name] = values
            return {"$inGroup": name, "$type": "string"}
        # There a list is among them with any of its members, here never.
        one = {"$type": kinds[0]} if len(kinds) == 1 else {"$not": {"$type": "array"}}
        return {"$in": values, **one}

    def _test(self, name: str, given: list[Json]) -> Json:
        match name, given:
            case (("starts_with" | "ends_with"), [str(text)]):
                return _matching(pattern_of(name, [text]))
            case "septet.text", [str(how), list(texts), *more]:
                return _matching(pattern_of(how, texts), ignore_case=more == [True])
            case "septet.regex", [str(pattern), *more]:
                return _matching(pattern, ignore_case=more == [True])
            case "sem_ver", [str(how), str(version)] if how in _VERSIONS:
                parsed = versions.lenient(version)
                if parsed is None or versions.parse(version.removeprefix("v")) != parsed:
                    raise NotRepresentableError(f"the version {version!r}")
                self.notes.add(BY_FORM)
                return {f"$v{_VERSIONS[how]}": version, **_matching(_VERSION)}
        raise NotRepresentableError(f"GrowthBook has no {name} as it is used here")


def _matching(pattern: str, *, ignore_case: bool = False) -> dict[str, str]:
    # Clients in JavaScript look for it in anything, written as a text: even in `undefined`.
    return {"$regexi" if ignore_case else "$regex": pattern, "$type": "string"}
