"""Flagsmith's evaluation context: features, their variants, segments and what those override."""

import math
import re
from collections.abc import Mapping
from typing import Any

from apps.config.domain.importing.flagsmith_documents import context_of_document
from apps.config.domain.importing.reports import Import
from apps.config.domain.operators.flagsmith import OPERATORS
from apps.config.domain.patterns import PatternError, search
from apps.config.domain.values import kind, text

Json = Any
_FLAG = re.compile(r"""\$\.flags(?:\.(\w+)|\[(?:'([^']+)'|"([^"]+)")\])\.(enabled|value|variant)""")
_TRAIT = re.compile(r"""\$\.identity\.traits(?:\.(\w+)|\[(?:'([^']+)'|"([^"]+)")\])""")


def context_of(context: Mapping[str, Any]) -> dict[str, Any]:
    """Turn what Flagsmith knows of an identity into ours: its traits stand beside its key."""
    identity = context.get("identity")
    if not identity:
        return {}
    own = {name: identity[name] for name in ("identifier", "key") if identity.get(name)}
    traits = identity.get("traits") or {}
    return {**traits, "identity": own, "targetingKey": identity["identifier"]}


def identity_key(environment: str) -> Json:
    """Return how Flagsmith hashes whoever is moved: by the key of environment and identifier."""
    made = {"cat": [f"{environment}_", {"var": "targetingKey"}]}
    return {"or": [{"var": "identity.key"}, {"if": [{"var": "targetingKey"}, made, None]}]}


def import_flagsmith(context: Mapping[str, Any]) -> Import:
    """Make a flag of each feature: of its values' type, or a boolean one where it has no value.

    Takes the context of Flagsmith's engine, or the environment document that it is made from.

    A feature with a value that is not enabled answers with the caller's own default, as Flagsmith's
    provider for OpenFeature does.
    """
    if "feature_states" in context:
        context = context_of_document(context)
    return _Importer(context).run()


class _Importer:
    def __init__(self, context: Mapping[str, Any]) -> None:
        environment = context.get("environment") or {}
        self.environment = environment
        self.features: Mapping[str, Any] = {
            feature["name"]: feature for feature in (context.get("features") or {}).values()
        }
        self.segments = list((context.get("segments") or {}).values())
        self.result = Import({"flags": {}})
        self.key = identity_key(environment.get("key", ""))
        self.valued = {
            name
            for name, feature in self.features.items()
            if any(_has_value(each) for each in [feature, *self._overrides(name)])
        }

    def run(self) -> Import:
        rules = {_segment_name(each): self._segment(each) for each in self.segments}
        if rules:
            self.result.definition["$evaluators"] = rules
        for name, feature in self.features.items():
            self.result.definition["flags"][name] = self._flag(name, feature)
        return self.result.finish()

    def _overrides(self, name: str) -> list[Mapping[str, Any]]:
        return [
            override
            for segment in self.segments
            for override in segment.get("overrides") or []
            if override["name"] == name
        ]

    def _flag(self, name: str, feature: Mapping[str, Any]) -> dict[str, Json]:
        overrides = [
            (override.get("priority", math.inf), segment, override)
            for segment in self.segments
            for override in segment.get("overrides") or []
            if override["name"] == name
        ]
        variants: dict[str, Json] = {} if name in self.valued else {"on": True, "off": False}
        rules: list[Json] = []
        # The lower number wins, and of equal ones the first: sorting keeps their order.
        for _, segment, override in sorted(overrides, key=lambda each: each[0]):
            rules.append({"$ref": _segment_name(segment)})
            rules.append(self._outcome(name, override, variants, f"{segment['name']}: "))
        outcome = self._outcome(name, feature, variants, "")
        rule = {"if": [*rules, outcome]} if rules else outcome
        targeting = {"targeting": rule} if isinstance(rule, dict) else {}
        flag = {
            "state": "ENABLED",
            "variants": self._typed(name, variants),
            "defaultVariant": (None if name in self.valued else "off") if targeting else rule,
            **targeting,
        }
        metadata = feature.get("metadata")
        return {**flag, "metadata": _flat(metadata)} if metadata else flag

    def _outcome(
        self, name: str, feature: Mapping[str, Any], variants: dict[str, Json], prefix: str
    ) -> Json:
        if name not in self.valued:
            return "on" if feature["enabled"] else "off"
        control = f"{prefix}control"
        variants[control] = feature["value"]
        split = []
        for number, each in enumerate(sorted(feature.get("variants") or [], key=_priority), 1):
            variant = f"{prefix}{each.get('key') or f'variant-{number}'}"
            variants[variant] = each["value"]
            split.append([variant, each["weight"]])
        if not feature["enabled"]:
            return None
        if not split:
            return control
        bucket = {
            "algorithm": "flagsmith",
            "ids": [str(feature["key"])],
            "by": self.key,
            "split": split,
        }
        return {"or": [{"septet.bucket": bucket}, control]}

    def _typed(self, name: str, variants: dict[str, Json]) -> dict[str, Json]:
        kinds = {kind(value) for value in variants.values()}
        if len(kinds) == 1 and kinds <= {"boolean", "number", "string", "object"}:
            return variants
        self.result.changed(name, f"values of several types ({', '.join(sorted(kinds))}) are texts")
        return {key: "" if value is None else text(value) for key, value in variants.items()}

    def _segment(self, segment: Mapping[str, Any]) -> Json:
        rules = [self._rule(segment, rule) for rule in segment["rules"]]
        return {"and": rules} if rules else {"and": [False]}

    def _rule(self, segment: Mapping[str, Any], rule: Mapping[str, Any]) -> Json:
        conditions = [self._condition(segment, each) for each in rule.get("conditions") or []]
        nested = [self._rule(segment, each) for each in rule.get("rules") or []]
        return {
            "and": [_joined(rule["type"], part) for part in (conditions, nested) if part] or [True]
        }

    def _condition(self, segment: Mapping[str, Any], condition: Mapping[str, Any]) -> Json:
        name, given = condition["operator"], condition.get("value")
        value = self._property(segment, condition.get("property") or "")
        if name == "PERCENTAGE_SPLIT":
            return self._percentage(segment, condition, value)
        key = f"segment {segment['name']}"
        if name not in OPERATORS:
            self.result.left_out(key, f"the operator {name!r}: it never holds")
            return False
        if name == "REGEX":
            try:
                search(f"^(?:{given})")
            except PatternError as error:
                self.result.left_out(key, f"{error}: it never holds")
                return False
        return {"septet.flagsmith": [value, name, given]}

    def _percentage(
        self, segment: Mapping[str, Any], condition: Mapping[str, Any], value: Json
    ) -> Json:
        try:
            share = float(condition["value"])
        except (TypeError, ValueError):
            return False
        bucket = {
            "algorithm": "flagsmith",
            "ids": [str(segment["key"])],
            "by": {"septet.flagsmith": [value]} if condition.get("property") else self.key,
            "split": [[True, share]],
            "with_end": True,
        }
        return {"!!": [{"septet.bucket": bucket}]}

    def _property(self, segment: Mapping[str, Any], name: str) -> Json:
        """Return what reads a trait or, by the few paths that mean something here, else."""
        if not name.startswith("$."):
            return {"septet.attribute": name} if name else self.key
        known = {
            "$.identity.identifier": {"var": "targetingKey"},
            "$.identity.key": self.key,
            "$.environment.name": self.environment.get("name"),
            "$.environment.key": self.environment.get("key"),
        }
        if name in known:
            return known[name]
        if found := _TRAIT.fullmatch(name):
            return {"septet.attribute": found[1] or found[2] or found[3]}
        found = _FLAG.fullmatch(name)
        flag = (found[1] or found[2] or found[3]) if found else ""
        if found and flag in self.features:
            return self._of_flag(flag, found[4])
        if not found:
            self.result.changed(f"segment {segment['name']}", f"{name} is looked up as a trait")
        return {"septet.attribute": name}

    def _of_flag(self, flag: str, member: str) -> Json:
        variant = {"septet.variant": flag}
        if member == "enabled":
            return {"!=": [variant, None]} if flag in self.valued else {"==": [variant, "on"]}
        if flag not in self.valued:
            return None
        return {"septet.flag": flag} if member == "value" else variant


def _segment_name(segment: Mapping[str, Any]) -> str:
    return f"flagsmith-segment-{segment['key']}"


def _has_value(feature: Mapping[str, Any]) -> bool:
    return feature.get("value") is not None or bool(feature.get("variants"))


def _priority(variant: Mapping[str, Any]) -> float:
    return float(variant["priority"])


def _joined(how: str, parts: list[Json]) -> Json:
    if how == "ALL":
        return {"and": parts}
    return {"!": [{"or": parts}]} if how == "NONE" else {"or": parts}


def _flat(metadata: Mapping[str, Any]) -> dict[str, Json]:
    return {
        name: value if isinstance(value, str | bool | int | float) else text(value)
        for name, value in metadata.items()
    }
