"""Unleash's client features, `/api/client/features`."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from apps.config.domain import versions
from apps.config.domain.importing.reports import Import
from apps.config.domain.operators.bucketing import VARIANT_SEED
from apps.config.domain.operators.matching import is_network
from apps.config.domain.patterns import PatternError, search

Json = Any
USER = {"var": ["userId", {"var": "targetingKey"}]}
_FIELDS = {"userId": USER, "currentTime": {"var": ["currentTime", {"var": "$flagd.timestamp"}]}}


def context_of(context: Mapping[str, Any]) -> dict[str, Any]:
    """Turn Unleash's context into ours: its properties stand beside its fields."""
    fields = {key: value for key, value in context.items() if key != "properties"}
    return {**(context.get("properties") or {}), **fields}


def import_unleash(state: Mapping[str, Any]) -> Import:
    """Make a flag of each toggle: a boolean one, or with variants one of their payloads' type.

    A toggle with variants that is not enabled answers with the caller's own default, as Unleash's
    provider for OpenFeature does.
    """
    features = {feature["name"]: feature for feature in state.get("features", [])}
    result = Import({"flags": {}})
    segments = {str(segment["id"]): segment for segment in state.get("segments") or []}
    if segments:
        result.definition["$evaluators"] = {
            _segment_name(name): _constraints(f"segment {name}", segment["constraints"], result)
            for name, segment in segments.items()
        }
    for name, feature in features.items():
        toggle = _Toggle(name, feature, features, set(segments), result)
        result.definition["flags"][name] = toggle.flag()
    return result.finish()


def _segment_name(name: str) -> str:
    return f"unleash-segment-{name}"


def has_variants(feature: Mapping[str, Any]) -> bool:
    """Whether anything chooses a variant of a toggle."""
    return bool(feature.get("variants")) or any(
        strategy.get("variants") for strategy in feature.get("strategies") or []
    )


class _Toggle:
    def __init__(
        self,
        name: str,
        feature: Mapping[str, Any],
        features: Mapping[str, Any],
        segments: set[str],
        result: Import,
    ) -> None:
        self.name = name
        self.feature = feature
        self.features = features
        self.segments = segments
        self.result = result
        self.variants: dict[str, Json] = {}
        self.with_variants = has_variants(feature)

    def flag(self) -> dict[str, Json]:
        none = None if self.with_variants else "off"
        rules: list[Json] = []
        for strategy in self.feature.get("strategies") or [{"name": "default"}]:
            rules += [self._strategy(strategy), self._choice(strategy)]
            if rules[-2] is True:
                del rules[-2]
                break
        else:
            rules.append(none)
        rule: Json = {"if": rules} if len(rules) > 1 else rules[0]
        waits = [self._dependency(each) for each in self.feature.get("dependencies") or []]
        if not self.feature.get("enabled"):
            waits.insert(0, False)
        if waits:
            rule = {"if": [{"and": waits}, rule, none]}
        # One answer for everybody needs no rule.
        targeting = {"targeting": rule} if isinstance(rule, dict) else {}
        return {
            "state": "ENABLED",
            "variants": self._values(),
            "defaultVariant": none if targeting else rule,
            **targeting,
            **_metadata(self.feature),
        }

    def _values(self) -> dict[str, Json]:
        if not self.with_variants:
            return {"on": True, "off": False}
        types = {payload["type"] for payload in self.variants.values() if payload}
        read: Callable[[Any], Json] | None = {
            ("number",): json.loads,
            ("json",): json.loads,
        }.get(tuple(types))
        try:
            if read is not None and all(self.variants.values()):
                return {name: read(payload["value"]) for name, payload in self.variants.items()}
        except ValueError:
            self.result.changed(self.name, "payloads that are not of their type are texts now")
        return {
            name: payload["value"] if payload else name for name, payload in self.variants.items()
        }

    def _choice(self, strategy: Mapping[str, Any]) -> Json:
        if not self.with_variants:
            return "on"
        if strategy.get("variants"):
            given = strategy.get("parameters") or {}
            group, sticky = given.get("groupId") or self.name, given.get("stickiness")
            return self._variant(strategy["variants"], group, sticky)
        if self.feature.get("variants"):
            return self._variant(self.feature["variants"], self.name)
        self.variants.setdefault("enabled", None)
        self.result.changed(self.name, "enabled without a variant is the variant `enabled`")
        return "enabled"

    def _variant(
        self, variants: list[dict[str, Any]], group: str, sticky: str | None = None
    ) -> Json:
        for variant in variants:
            self.variants[variant["name"]] = variant.get("payload")
        size = sum(variant.get("weight", 0) for variant in variants)
        overrides = [
            part
            for variant in variants
            for override in variant.get("overrides") or []
            for part in (
                {"in": [_field(override["contextName"]), override["values"]]},
                variant["name"],
            )
        ]
        bucket = {
            "algorithm": "unleash",
            "group": group,
            "seed": VARIANT_SEED,
            "size": size,
            "by": _sticky_variant(variants[0].get("stickiness") or sticky or "default"),
            "split": [[variant["name"], variant.get("weight", 0)] for variant in variants],
        }
        chosen = {"septet.bucket": bucket} if size else None
        return {"if": [*overrides, chosen]} if overrides else chosen

    def _dependency(self, dependency: Mapping[str, Any]) -> Json:
        name = dependency["feature"]
        parent = self.features.get(name)
        if parent is None or parent.get("dependencies"):
            self.result.changed(self.name, f"never holds: {name!r} is missing or depends itself")
            return False
        chosen = {"septet.variant": name}
        varied = has_variants(parent)
        enabled = {"!=": [chosen, None]} if varied else {"==": [chosen, "on"]}
        if dependency.get("enabled") is False:
            return {"!": enabled}
        if dependency.get("variants"):
            # Unleash says of a toggle that is enabled without a variant that it is `disabled`.
            bare = "enabled" if varied else "on"
            wanted = [bare if each == "disabled" else each for each in dependency["variants"]]
            return {"in": [chosen, wanted]}
        return enabled

    def _strategy(self, strategy: Mapping[str, Any]) -> Json:
        conditions: list[Json] = []
        for segment in map(str, strategy.get("segments") or []):
            known = segment in self.segments
            conditions.append({"$ref": _segment_name(segment)} if known else False)
            if not known:
                self.result.changed(self.name, f"never holds: there is no segment {segment}")
        if strategy.get("constraints"):
            conditions.append(_constraints(self.name, strategy["constraints"], self.result))
        build = STRATEGIES.get(strategy["name"])
        if build is None:
            self.result.left_out(self.name, f"the strategy {strategy['name']!r}: it never holds")
            return False
        rule = build(strategy.get("parameters") or {}, self.name)
        if rule is None:
            self.result.changed(self.name, f"{strategy['name']} cannot be read: it never holds")
            rule = False
        if rule is not True:
            conditions.append(rule)
        return {"and": conditions} if len(conditions) > 1 else (conditions or [True])[0]


def _metadata(feature: Mapping[str, Any]) -> dict[str, Json]:
    names = ("description", "project", "type", "stale")
    kept = {name: feature[name] for name in names if feature.get(name)}
    return {"metadata": kept} if kept else {}


def _field(name: str) -> Json:
    plain = "." not in name and not name.startswith("$") and name
    return _FIELDS.get(name) or ({"var": name} if plain else {"septet.attribute": name})


def _listed(parameters: Mapping[str, Any], name: str) -> list[str]:
    return [item.strip() for item in str(parameters.get(name, "")).split(",") if item.strip()]


def _rollout(percentage: Any, group: str, by: Json) -> Json:
    size = float(percentage)
    if size <= 0:
        return False
    bucket = {"algorithm": "unleash", "group": group, "by": by, "split": [[True, size]]}
    return {"septet.bucket": bucket}


#: What Unleash hashes where nothing else is said: for a share, and for a variant.
STICKY_DEFAULT: Json = {"or": [USER, {"var": "sessionId"}, {"septet.random": []}]}
STICKY_VARIANT: Json = {
    "or": [USER, {"var": "sessionId"}, {"var": "remoteAddress"}, {"septet.random": []}]
}


def _sticky(name: str) -> Json:
    if name == "random":
        return {"septet.random": []}
    return STICKY_DEFAULT if name == "default" else _field(name)


def _sticky_variant(name: str) -> Json:
    if name == "default":
        return STICKY_VARIANT
    return {"or": [_sticky(name), {"septet.random": []}]}


def _flexible(parameters: Mapping[str, Any], name: str) -> Json:
    return _rollout(
        parameters.get("rollout", 0),
        parameters.get("groupId") or name,
        _sticky(parameters.get("stickiness") or "default"),
    )


def _gradual(by: Json) -> Callable[[Mapping[str, Any], str], Json]:
    return lambda parameters, name: _rollout(
        parameters.get("percentage", 0), parameters.get("groupId") or "", by
    )


def _addresses(parameters: Mapping[str, Any], name: str) -> Json:
    return _networks({"var": "remoteAddress"}, _listed(parameters, "IPs"))


def _networks(field: Json, given: list[str]) -> Json:
    """Leave out what is no network, as Unleash does; without any it never holds."""
    networks = [each for each in given if is_network(each)]
    return {"septet.cidr": [field, networks]} if networks else None


STRATEGIES: dict[str, Callable[[Mapping[str, Any], str], Json]] = {
    "default": lambda parameters, name: True,
    "userWithId": lambda parameters, name: {"in": [USER, _listed(parameters, "userIds")]},
    "gradualRolloutUserId": _gradual(USER),
    "gradualRolloutSessionId": _gradual({"var": "sessionId"}),
    "gradualRolloutRandom": _gradual({"septet.random": []}),
    "remoteAddress": _addresses,
    "flexibleRollout": _flexible,
}


def _constraints(key: str, constraints: list[dict[str, Any]], result: Import) -> Json:
    rules = [_constraint(key, each, result) for each in constraints]
    return {"and": rules} if len(rules) != 1 else rules[0]


def _constraint(key: str, constraint: Mapping[str, Any], result: Import) -> Json:
    name = constraint["operator"]
    build = CONSTRAINTS.get(name)
    field = _field(constraint["contextName"])
    if build is None:
        result.left_out(key, f"the operator {name!r}: it never holds")
        return False
    rule = build(field, constraint)
    if rule is None:
        value = constraint.get("value") or constraint.get("values")
        result.changed(key, f"{name} of {value!r} cannot be read: it never holds")
        rule = False
    return {"!": rule} if constraint.get("inverted") else rule


def _text(test: str) -> Callable[[Json, Mapping[str, Any]], Json]:
    return lambda field, given: {
        "septet.text": [
            field,
            test,
            given.get("values") or [],
            given.get("caseInsensitive") is True,
        ]
    }


def _among(field: Json, given: Mapping[str, Any]) -> Json:
    values = given.get("values") or []
    if given.get("caseInsensitive"):
        return {"septet.text": [field, "equals", values, True]}
    return {"in": [{"cat": [field]}, values]} if values else False


def _number(name: str) -> Callable[[Json, Mapping[str, Any]], Json]:
    def build(field: Json, given: Mapping[str, Any]) -> Json:
        try:
            value = float(given.get("value") or "")
        except ValueError:
            return None
        return {"and": [{"!=": [field, None]}, {name: [field, value]}]}

    return build


def _date(name: str) -> Callable[[Json, Mapping[str, Any]], Json]:
    return lambda field, given: {"septet.date": [field, name, given.get("value")]}


def _version(name: str) -> Callable[[Json, Mapping[str, Any]], Json]:
    def build(field: Json, given: Mapping[str, Any]) -> Json:
        version = given.get("value") or ""
        return {"sem_ver": [field, name, version]} if versions.parse(version) else None

    return build


def _regex(field: Json, given: Mapping[str, Any]) -> Json:
    try:
        search(given.get("value") or "")
    except PatternError:
        return None
    return {"septet.regex": [field, given["value"], given.get("caseInsensitive") is True]}


CONSTRAINTS: dict[str, Callable[[Json, Mapping[str, Any]], Json]] = {
    "IN": _among,
    "NOT_IN": lambda field, given: {"!": _among(field, given)},
    "STR_STARTS_WITH": _text("starts_with"),
    "STR_ENDS_WITH": _text("ends_with"),
    "STR_CONTAINS": _text("contains"),
    "NUM_EQ": _number("=="),
    "NUM_GT": _number(">"),
    "NUM_GTE": _number(">="),
    "NUM_LT": _number("<"),
    "NUM_LTE": _number("<="),
    "DATE_AFTER": _date(">"),
    "DATE_BEFORE": _date("<"),
    "SEMVER_EQ": _version("="),
    "SEMVER_GT": _version(">"),
    "SEMVER_GTE": _version(">="),
    "SEMVER_LT": _version("<"),
    "SEMVER_LTE": _version("<="),
    "REGEX": _regex,
    "IN_CIDR": lambda field, given: _networks(field, given.get("values") or []),
}
