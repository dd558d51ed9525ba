"""Our tests as conditions of Flagsmith's segments."""

import json
import re
from collections.abc import Mapping
from typing import Any

from apps.config.domain import versions
from apps.config.domain.exporting.branches import NotRepresentableError, Row, Test
from apps.config.domain.exporting.patterns import pattern_of
from apps.config.domain.importing.flagsmith import identity_key
from apps.config.domain.operators.flagsmith import OPERATORS, typed
from apps.config.domain.patterns import LENGTH
from apps.config.domain.values import kind, number

Json = Any

_ORDERS = {
    "<": "LESS_THAN",
    "<=": "LESS_THAN_INCLUSIVE",
    ">": "GREATER_THAN",
    ">=": "GREATER_THAN_INCLUSIVE",
}
_SAME = {"=": "EQUAL", "!=": "NOT_EQUAL", **_ORDERS}
_NUMERIC = re.compile(r"[-0-9.]*")
# What no number or boolean has in it, written as a text.
_TEXT_ALONE = re.compile(r"[^-+.0-9A-Za-z]")

DIGITS = "a text of digits is a number there"
BY_TYPE = "an attribute of another type than what it is compared with is compared otherwise there"
BY_FORM = "versions that are not written like 1.2.3 never match there"


class Conditions:
    """The conditions of one flag, whose identities they hash, and what is not quite the same."""

    def __init__(self) -> None:
        self.environment_key = ""
        self.notes: set[str] = set()

    def rules(self, row: Row) -> tuple[list[Json], int]:
        """Return a row as rules of a segment, and the id that it is hashed by, or 0.

        Raises NotRepresentableError.
        """
        rules, ids = [], {0}
        for test in row:
            negated = test.negated
            if test.operator in ("!=", "!=="):
                negated = not negated
            conditions = self._conditions(test)
            ids |= {_segment_id(test)}
            kinds = "NONE" if negated else "ANY"
            rules.append({"type": kinds, "rules": [], "conditions": conditions})
        if len(ids) > 2:
            raise NotRepresentableError("shares that are hashed by several segments")
        return [{"type": "ALL", "rules": rules, "conditions": []}], max(ids)

    def identity(self, rule: Json) -> None:
        """Note whose environment's identities are hashed; raises NotRepresentableError."""
        found = re.search(r'"cat": \["(.+?)_", ', json.dumps(rule))
        key = json.loads(f'"{found[1]}"') if found else ""
        if rule != identity_key(key) or self.environment_key not in ("", key):
            raise NotRepresentableError("users are hashed by something else than Flagsmith does")
        self.environment_key = key

    def _conditions(self, test: Test) -> list[Json]:
        """Return the conditions of which any has to hold."""
        match test.operator, list(test.arguments):
            case "septet.bucket", [dict(bucket)]:
                return [self._percentage(bucket)]
            case "septet.flagsmith", [value, name, wanted] if name in OPERATORS:
                return [_condition(self._property(value), name, wanted)]
            case name, [field, *given]:
                property_ = self._property(field)
                return [_condition(property_, *each) for each in self._tests(name, given)]
        raise NotRepresentableError(f"Flagsmith has no {test.operator} as it is used here")

    def _percentage(self, bucket: Mapping[str, Json]) -> Json:
        match bucket:
            case {
                "algorithm": "flagsmith",
                "split": [[True, int() | float() as share]],
                "with_end": True,
                "by": by,
            }:
                if isinstance(by, dict) and list(by) == ["septet.flagsmith"]:
                    return _condition(
                        self._property(by["septet.flagsmith"][0]), "PERCENTAGE_SPLIT", str(share)
                    )
                self.identity(by)
                return _condition("", "PERCENTAGE_SPLIT", str(share))
        raise NotRepresentableError("a share that puts other users into it than Flagsmith does")

    def _property(self, rule: Json) -> str:
        match rule:
            case {"var": "targetingKey" | ["targetingKey"]}:
                return "$.identity.identifier"
            case {"var": str(name) | [str(name)]} if name and "." not in name and name[0] != "$":
                return name
            case {"septet.attribute": str(name) | [str(name)]} if name and name[0] != "$":
                return name
            case {"or": _}:
                self.identity(rule)
                return "$.identity.key"
        raise NotRepresentableError("a test of something else than a trait")

    def _tests(  # noqa: PLR0911  (one line for each)
        self, name: str, given: list[Json]
    ) -> list[tuple[str, Json]]:
        match name, given:
            case (("==" | "===" | "!=" | "!=="), [str(wanted)]):
                return [self._among([wanted])]
            case (("==" | "===" | "!=" | "!=="), [wanted]):
                self.notes.add(BY_TYPE)
                return [("EQUAL", _whole(wanted))]
            case (("<" | "<=" | ">" | ">="), [wanted]):
                return self._order(name, wanted)
            case "in", [list(values)]:
                return [self._among(values)]
            case "septet.text", ["equals", list(values)]:
                return [self._among(values)]
            case "septet.text", ["contains", list(parts)] if parts:
                if any(_NUMERIC.fullmatch(part) for part in parts):
                    raise NotRepresentableError("a part that a number could have")
                return [("CONTAINS", part) for part in parts]
            case "sem_ver", [str(how), str(version)] if how in _SAME and versions.parse(version):
                self.notes.add(BY_FORM)
                return [(_SAME[how], f"{version}:semver")]
        return [("REGEX", self._pattern(name, given))]

    def _among(self, values: list[Json]) -> tuple[str, Json]:
        texts = []
        for value in values:
            shown = typed(value)
            if type(shown) is int and str(shown) == str(value):
                self.notes.add(DIGITS)
            elif not isinstance(shown, str) or shown != value:
                raise NotRepresentableError(f"a comparison with {json.dumps(value)[:100]}")
            texts.append(str(shown))
        # Clients of some years ago know no other list than with commas.
        plain = texts and not any("," in one or one.startswith("[") for one in texts)
        return "IN", ",".join(texts) if plain else json.dumps(texts)

    def _order(self, name: str, wanted: Json) -> list[tuple[str, Json]]:
        self.notes.add(BY_TYPE)
        if isinstance(wanted, str):
            if number(wanted) == number(wanted):
                raise NotRepresentableError("an order of texts that read as numbers")
            self.notes.add(DIGITS)
            return [(_ORDERS[name], wanted)]
        found = [(_ORDERS[name], _whole(wanted))]
        # What is not there counts as zero.
        holds = {"<": wanted > 0, "<=": wanted >= 0, ">": wanted < 0, ">=": wanted <= 0}[name]
        return [*found, ("IS_NOT_SET", None)] if holds else found

    def _pattern(self, name: str, given: list[Json]) -> str:
        """Return what is found from the beginning of a text on."""
        texts: list[str] = []
        match name, given:
            case (("starts_with" | "ends_with"), [str(wanted)]):
                texts = [wanted]
                pattern = pattern_of(name, texts)
            case "septet.text", [("starts_with" | "ends_with") as how, list(texts)]:
                pattern = pattern_of(how, texts)
            case "septet.regex", [str(pattern)]:
                pass
            case _:
                raise NotRepresentableError(f"Flagsmith has no {name} as it is used here")
        if not texts or not all(map(_TEXT_ALONE.search, texts)):
            self.notes |= {BY_TYPE, DIGITS}
        pattern = pattern if pattern[:1] == "^" and "|" not in pattern else rf"[\s\S]*(?:{pattern})"
        if len(pattern) > LENGTH - 10:
            raise NotRepresentableError(f"a pattern of {len(pattern)} characters")
        return pattern


def is_id(given: str) -> bool:
    """Whether it is one of Flagsmith's numbers."""
    return re.fullmatch("[1-9][0-9]{0,8}", given) is not None


def _condition(property_: str, name: str, value: Json) -> Json:
    return {"operator": name, "property_": property_, "value": value}


def _whole(wanted: Json) -> str:
    """Return a whole number as Flagsmith compares it with others; others it does not."""
    if kind(wanted) != "number" or wanted != int(wanted):
        raise NotRepresentableError(f"a comparison with {json.dumps(wanted)[:100]}")
    return str(int(wanted))


def _segment_id(test: Test) -> int:
    """Return the segment whose id a share is hashed by; 0 where none is."""
    if test.operator != "septet.bucket":
        return 0
    ids = [str(each) for each in test.arguments[0].get("ids") or []]
    if len(ids) != 1 or not is_id(ids[0]):
        raise NotRepresentableError("a share that is hashed by no id of a segment")
    return int(ids[0])
