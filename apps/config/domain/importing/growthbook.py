"""GrowthBook's features, as its API for SDKs gives them."""

import json
from collections.abc import Mapping
from typing import Any

from apps.config.domain.importing.reports import Import
from apps.config.domain.patterns import PatternError, search
from apps.config.domain.values import kind

Json = Any


def import_growthbook(payload: Mapping[str, Any]) -> Import:
    """Make a flag of each feature, its variants by their values.

    A rule that includes somebody in part only goes on with the next one for all others.
    """
    features = payload.get("features") or {}
    result = Import({"flags": {}})
    groups = payload.get("savedGroups") or {}
    for key, feature in features.items():
        result.definition["flags"][key] = _Feature(key, feature, features, groups, result).flag()
    return result.finish()


class _Feature:
    def __init__(
        self,
        key: str,
        feature: Mapping[str, Any],
        features: Mapping[str, Any],
        groups: Mapping[str, Any],
        result: Import,
    ) -> None:
        self.key = key
        self.feature = feature
        self.features = features
        self.groups = groups
        self.result = result
        self.variants: dict[str, Json] = {}
        self.names: dict[str, str] = {}

    def flag(self) -> dict[str, Json]:
        default = self._name(self.feature.get("defaultValue"), "default")
        parts: list[Json] = [default]
        for number, rule in reversed(list(enumerate(self.feature.get("rules") or [], 1))):
            gates, conditions = self._prerequisites(rule)
            outcome = self._outcome(rule, f"rule-{number}", conditions)
            if outcome is None:
                self.result.left_out(self.key, f"rule {number}: it never holds")
            elif conditions:
                parts.insert(0, {"if": [{"and": conditions}, outcome, None]})
            else:
                parts.insert(0, outcome)
            if gates:
                # Whoever does not pass gets nothing at all, not even the default.
                parts = [{"if": [{"and": gates}, _first(parts), None]}]
        rule = _first(parts)
        targeting = {"targeting": rule} if isinstance(rule, dict) else {}
        return {
            "state": "ENABLED",
            "variants": self._typed(),
            "defaultVariant": None if targeting else rule,
            **targeting,
        }

    def _name(self, value: Json, wanted: str) -> str | None:
        """Name a variant: equal values are one."""
        if value is None:
            return None
        if isinstance(value, bool):
            wanted = "on" if value else "off"
        form = json.dumps(value)
        if form not in self.names:
            while wanted in self.variants:
                wanted += "'"
            self.names[form] = wanted
            self.variants[wanted] = value
        return self.names[form]

    def _typed(self) -> dict[str, Json]:
        kinds = {kind(value) for value in self.variants.values()}
        if not kinds:
            self.result.changed(self.key, "it has no value at all: it is a boolean flag")
            return {"on": True, "off": False}
        if len(kinds) == 1 and "array" not in kinds:
            return self.variants
        self.result.changed(self.key, f"{', '.join(sorted(kinds))}: they are JSON as texts")
        return {name: json.dumps(value) for name, value in self.variants.items()}

    def _prerequisites(self, rule: Mapping[str, Any]) -> tuple[list[Json], list[Json]]:
        gates: list[Json] = []
        conditions: list[Json] = []
        for parent in rule.get("parentConditions") or []:
            if "id" not in parent or parent.get("condition") is None:
                continue
            value = {"septet.flag": parent["id"]} if parent["id"] in self.features else None
            test = {"septet.growthbook": [self._condition(parent["condition"]), value]}
            (gates if parent.get("gate") else conditions).append(test)
        if rule.get("condition"):
            conditions.append({"septet.growthbook": [self._condition(rule["condition"])]})
        conditions += [_filter(each) for each in rule.get("filters") or []]
        return gates, conditions

    def _outcome(self, rule: Mapping[str, Any], name: str, conditions: list[Json]) -> Json:
        """Return what a rule gives; None where that is never anything."""
        version = rule.get("hashVersion") or 1
        if version not in (1, 2):
            return None
        bucket = {
            "algorithm": f"growthbook-{version}",
            "seed": rule.get("seed")
            or (self.key if "force" in rule else rule.get("key") or self.key),
        }
        if rule.get("force") is not None:
            return self._forced(rule, name, bucket)
        if len(rule.get("variations") or []) < 2:
            return None
        bucket["by"] = _unit(rule)
        if rule.get("namespace") and not rule.get("filters"):
            space, low, high = rule["namespace"]
            inside = {"algorithm": "growthbook-1", "seed": f"__{space}", "by": bucket["by"]}
            conditions.append({"septet.bucket": {**inside, "ranges": [[True, low, high]]}})
        return {"septet.bucket": {**bucket, "ranges": self._ranges(rule, name)}}

    def _forced(self, rule: Mapping[str, Any], name: str, bucket: dict[str, Json]) -> Json:
        variant = self._name(rule["force"], name)
        coverage, part = rule.get("coverage"), rule.get("range")
        if coverage is None and part is None:
            return variant
        low, high = part or (0, coverage)
        if high == 0:
            return None
        bucket["by"] = _unit(rule, rule.get("fallbackAttribute"))
        return {"septet.bucket": {**bucket, "ranges": [[variant, low, high]]}}

    def _ranges(self, rule: Mapping[str, Any], name: str) -> list[Json]:
        variations, meta = rule["variations"], rule.get("meta") or []
        ranges = rule.get("ranges") or _shares(
            len(variations), rule.get("coverage"), rule.get("weights")
        )
        chosen: list[Json] = []
        for number, ((low, high), value) in enumerate(zip(ranges, variations, strict=False)):
            about = meta[number] if number < len(meta) else {}
            if value is None:
                self.result.changed(self.key, f"{name}: a variation without a value goes on")
            variant = self._name(value, f"{name}: {about.get('key', number)}")
            chosen.append([None if about.get("passthrough") else variant, low, high])
        return chosen

    def _condition(self, given: Json) -> Json:
        """Write the members of groups where they are named, and say which patterns are lost."""
        if isinstance(given, list):
            return [self._condition(each) for each in given]
        if not isinstance(given, dict):
            return given
        condition: dict[str, Json] = {}
        for name, value in given.items():
            if name in ("$inGroup", "$notInGroup"):
                condition["$in" if name == "$inGroup" else "$nin"] = self.groups.get(value) or []
            elif name == "$savedGroup" or (name.endswith(("egex", "egexi")) and _lost(value)):
                self.result.left_out(self.key, f"{name} of {value!r}: it never holds")
                condition["$savedGroup"] = None
            else:
                condition[name] = self._condition(value)
        return condition


def _lost(pattern: Json) -> bool:
    try:
        search(str(pattern))
    except PatternError:
        return True
    return False


def _first(parts: list[Json]) -> Json:
    return {"or": parts} if len(parts) > 1 else parts[0]


def _attribute(name: str) -> Json:
    if name == "id":
        return {"var": ["id", {"var": "targetingKey"}]}
    return {"septet.attribute": name}


def _unit(rule: Mapping[str, Any], fallback: str | None = None) -> Json:
    own = _attribute(rule.get("hashAttribute") or "id")
    return {"or": [own, _attribute(fallback)]} if fallback else own


def _filter(given: Mapping[str, Any]) -> Json:
    bucket = {
        "algorithm": f"growthbook-{given.get('hashVersion', 2)}",
        "seed": given.get("seed", ""),
        "by": _attribute(given.get("attribute", "id")),
        "ranges": [[True, low, high] for low, high in given["ranges"]],
    }
    return {"septet.bucket": bucket}


def _shares(count: int, coverage: float | None, weights: Json) -> list[tuple[float, float]]:
    """Give each variation its share, of which coverage leaves the first part."""
    part = min(1.0, max(0.0, 1.0 if coverage is None else coverage))
    fitting = (
        isinstance(weights, list)
        and len(weights) == count
        and all(kind(each) == "number" and each >= 0 for each in weights)
        and 0.99 <= sum(weights) <= 1.01
    )
    ranges, start = [], 0.0
    for weight in weights if fitting else [1 / count] * count:
        ranges.append((start, start + part * weight))
        start += weight
    return ranges
