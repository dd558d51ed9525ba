"""LaunchDarkly's flags and segments, as its SDKs are served them or as its API lists them."""

import json
from collections.abc import Mapping
from typing import Any

from apps.config.domain.importing.reports import Import
from apps.config.domain.operators.launchdarkly import OPERATORS
from apps.config.domain.patterns import PatternError, search
from apps.config.domain.values import kind

Json = Any

_KEY: Json = {"var": "targetingKey"}
_USER = "user"
#: Shares are thousandths of a percent; rounding must leave nobody out.
_BEYOND = 100_001


def context_of(context: Mapping[str, Any]) -> dict[str, Any]:
    """Turn LaunchDarkly's context into ours.

    The attributes of the user stand at the top, those of each other kind under its name.
    """
    if context.get("kind", _USER) == _USER:
        own = {name: value for name, value in context.items() if name not in ("kind", "key")}
        return {**own, "targetingKey": context["key"]}
    kinds = context if context["kind"] == "multi" else {context["kind"]: context}
    found: dict[str, Any] = {}
    for name, given in kinds.items():
        if name == _USER:
            found |= context_of(given)
        elif name != "kind":
            found[name] = {key: value for key, value in given.items() if key != "kind"}
    return found


def import_launchdarkly(payload: Mapping[str, Any], environment: str = "production") -> Import:
    """Make a flag of each flag and a segment of each segment.

    `environment` is for what the API lists, where a flag has several.
    """
    flags, segments = _served(payload, environment)
    result = Import({"flags": {}})
    if segments:
        result.definition["$segments"] = {
            key: _Reader(f"segment {key}", segments, result).segment(given)
            for key, given in segments.items()
        }
    for key, flag in flags.items():
        reader = _Reader(key, segments, result)
        result.definition["flags"][key] = _Flag(key, flag, flags, reader).definition()
    return result.finish()


def _served(
    payload: Mapping[str, Any], environment: str
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    payload = payload.get("data") or payload
    listed = payload.get("items")
    if listed is None:
        flags = dict(payload.get("flags") or {})
    else:
        flags = {
            item["key"]: {**item, **(item.get("environments") or {}).get(environment, {})}
            for item in listed
            if not item.get("archived")
        }
    segments = dict(payload.get("segments") or {})
    return (
        {key: flag for key, flag in flags.items() if not flag.get("deleted")},
        {key: segment for key, segment in segments.items() if not segment.get("deleted")},
    )


class _Reader:
    """Reads clauses, and what they look at, for one flag or segment."""

    def __init__(self, name: str, segments: Mapping[str, Any], result: Import) -> None:
        self.name = name
        self.segments = segments
        self.result = result

    def all_of(self, clauses: list[Mapping[str, Any]]) -> Json:
        return {"and": [self._clause(each) for each in clauses] or [True]}

    def bucket(self, given: Mapping[str, Any], seed: Mapping[str, Any], ranges: list[Json]) -> Json:
        """Return what falls into one of the ranges, by the attribute that is hashed."""
        by = given.get("bucketBy") if given.get("kind") != "experiment" else None
        value, path = self._attribute(by or "key", given.get("contextKind"))
        if path:
            value = {"var": ".".join([str(value.get("septet.attribute")), *path])}
        options = {"algorithm": "launchdarkly", **seed, "by": value, "ranges": ranges}
        return {"septet.bucket": options}

    def segment(self, given: Mapping[str, Any]) -> dict[str, Json]:
        if given.get("unbounded"):
            self.result.left_out(self.name, "its members are kept elsewhere: only its rules hold")
        included, excluded = given.get("included") or [], given.get("excluded") or []
        rules = [self._segment_rule(given, rule) for rule in given.get("rules") or []]
        rule: Json = {"or": rules} if rules else False
        others = [*(given.get("includedContexts") or []), *(given.get("excludedContexts") or [])]
        if not others:
            # There the listed win over the excluded, here it is the other way round.
            outside = [key for key in excluded if key not in set(included)]
            found = {"members": included, "excluded": outside}
            return {**found, "rule": rule} if rules else found
        inside = [in_kind(_USER, included), *map(_target, given.get("includedContexts") or [])]
        outside = [in_kind(_USER, excluded), *map(_target, given.get("excludedContexts") or [])]
        return {"rule": {"or": [*inside, {"and": [{"!": [{"or": outside}]}, rule]}]}}

    def _segment_rule(self, segment: Mapping[str, Any], rule: Mapping[str, Any]) -> Json:
        holds = self.all_of(rule["clauses"])
        weight = rule.get("weight")
        if weight is None:
            return holds
        seed = {"key": segment["key"], "salt": segment.get("salt", "")}
        given = {**rule, "contextKind": rule.get("rolloutContextKind")}
        bucket = self.bucket(given, seed, [[True, 0, weight]])
        missing = self.bucket(given, seed, [[True, 0, _BEYOND]])
        inside = {"or": [bucket, {"!": [missing]}]} if weight > 0 else bucket
        return {"and": [holds, {"!!": [inside]}]}

    def _clause(self, clause: Mapping[str, Any]) -> Json:
        name, values = clause["op"], clause.get("values") or []
        negate = clause.get("negate") is True
        if name == "segmentMatch":
            known = [{"septet.segment": key} for key in values if key in self.segments]
            if len(known) < len(values):
                self.result.changed(self.name, f"there are not all segments of {values!r}")
            inside: Json = {"or": known} if known else False
            return {"!": [inside]} if negate else inside
        if name not in OPERATORS:
            self.result.left_out(self.name, f"the operator {name!r}: it never holds")
            return False
        if name == "matches":
            values = [each for each in values if self._matches(each)]
        attribute, of = clause.get("attribute") or "", clause.get("contextKind")
        if attribute == "kind":
            self.result.changed(self.name, "the kind is the attribute `kind`, or else user")
            return {"septet.launchdarkly": [{"var": ["kind", _USER]}, [], name, values, negate]}
        return {"septet.launchdarkly": [*self._attribute(attribute, of), name, values, negate]}

    def _matches(self, pattern: Any) -> bool:
        try:
            return bool(search(str(pattern)))
        except PatternError as error:
            self.result.left_out(self.name, f"{error}: it never matches")
            return False

    def _attribute(self, name: str, of: str | None) -> tuple[Json, list[str]]:
        """Return what reads the first part of an attribute, and the path from there on."""
        path = [name]
        if of and name.startswith("/"):
            path = [part.replace("~1", "/").replace("~0", "~") for part in name[1:].split("/")]
        if of and of != _USER:
            return _other_kind(of, path)
        first, *rest = path
        if first == "anonymous":
            return {"var": ["anonymous", False]}, rest
        return (_KEY if first == "key" else {"septet.attribute": first}), rest


class _Flag:
    def __init__(
        self,
        key: str,
        flag: Mapping[str, Any],
        flags: Mapping[str, Mapping[str, Any]],
        reader: _Reader,
    ) -> None:
        self.key = key
        self.flag = flag
        self.flags = flags
        self.reader = reader
        self.values = _values(flag)
        self.names = list(names_of(self.values))

    def definition(self) -> dict[str, Json]:
        off = self._name(self.flag.get("offVariation"))
        rule = self._rule(off) if self.flag.get("on") else off
        targeting = {"targeting": rule} if isinstance(rule, dict) else {}
        return {
            "state": "ENABLED",
            "variants": self._variants(),
            "defaultVariant": None if targeting else rule,
            **targeting,
        }

    def _rule(self, off: str | None) -> Json:
        parts: list[Json] = []
        waits = [self._prerequisite(each) for each in self.flag.get("prerequisites") or []]
        if waits:
            parts += [{"!": [{"and": waits}]}, off]
        for inside, variation in self._targets():
            parts += [inside, self._name(variation)]
        for rule in self.flag.get("rules") or []:
            parts += [self.reader.all_of(rule["clauses"]), self._outcome(rule)]
        last = self._outcome(self.flag.get("fallthrough") or {})
        return {"if": [*parts, last]} if parts else last

    def _prerequisite(self, given: Mapping[str, Any]) -> Json:
        other = self.flags.get(given["key"])
        if other is None:
            self.reader.result.changed(self.key, f"it is off: there is no flag {given['key']!r}")
            return False
        names = names_of(_values(other))
        if not other.get("on") or not 0 <= given["variation"] < len(names):
            return False
        return {"===": [{"septet.variant": given["key"]}, names[given["variation"]]]}

    def _targets(self) -> list[tuple[Json, int]]:
        users = self.flag.get("targets") or []
        contexts = self.flag.get("contextTargets") or []
        if not contexts:
            return [(in_kind(_USER, each["values"]), each["variation"]) for each in users]
        of_variation = {each["variation"]: each["values"] for each in reversed(users)}
        found = []
        for each in contexts:
            of = each.get("contextKind") or _USER
            values = of_variation.get(each["variation"], []) if of == _USER else each["values"]
            found.append((in_kind(of, values), each["variation"]))
        return found

    def _outcome(self, given: Mapping[str, Any]) -> Json:
        """Return what a rule gives; LaunchDarkly calls one that gives nothing malformed."""
        if given.get("variation") is not None:
            return self._name(given["variation"])
        rollout = given.get("rollout") or {}
        shares = rollout.get("variations") or []
        if not shares:
            self.reader.result.changed(self.key, "a rule without a variation gives the default")
            return None
        start, ranges = 0, []
        for share in shares:
            ranges.append([self._name(share["variation"]), start, start + share["weight"]])
            start += share["weight"]
        ranges[-1][2] = _BEYOND
        seed = {"key": self.key, "salt": self.flag.get("salt", "")}
        if rollout.get("seed") is not None:
            seed = {"seed": rollout["seed"]}
        # Without what is hashed one falls into the first share, and without the kind of context
        # even into one of nothing.
        first = next((variant for variant, low, high in ranges if high > low), None)
        chosen = {"or": [self.reader.bucket(rollout, seed, ranges), first]}
        of = rollout.get("contextKind") or _USER
        if shares[0]["weight"] == 0:
            known = _KEY if of == _USER else {"septet.attribute": of}
            return {"if": [{"===": [known, None]}, ranges[0][0], chosen]}
        return chosen

    def _name(self, variation: int | None) -> str | None:
        if variation is None:
            return None
        if not 0 <= variation < len(self.names):
            self.reader.result.changed(self.key, f"there is no variation {variation}")
            return None
        return self.names[variation]

    def _variants(self) -> dict[str, Json]:
        kinds = {kind(value) for value in self.values}
        if not kinds:
            self.reader.result.changed(self.key, "it has no variation: it is a boolean flag")
            return {"on": True, "off": False}
        values = self.values
        if len(kinds) > 1 or not kinds <= {"boolean", "number", "string", "object"}:
            message = f"{', '.join(sorted(kinds))}: they are JSON as texts"
            self.reader.result.changed(self.key, message)
            values = [json.dumps(value) for value in values]
        return dict(zip(self.names, values, strict=True))


def _values(flag: Mapping[str, Any]) -> list[Json]:
    # The API has objects with a value, a name and an id; SDKs are served the values.
    given = flag.get("variations") or []
    listed = "environments" in flag
    return [each["value"] for each in given] if listed else list(given)


def names_of(values: list[Json]) -> list[str]:
    """Name variations: LaunchDarkly serves their numbers."""
    if sorted(map(str, values)) == ["False", "True"]:
        return ["on" if value else "off" for value in values]
    return [f"variation-{number}" for number in range(len(values))]


def in_kind(of: str, keys: list[str]) -> Json:
    """Say that the key of a kind of context is one of these."""
    return {"in": [_KEY if of == _USER else _other_kind_key(of), keys]} if keys else False


def _target(given: Mapping[str, Any]) -> Json:
    return in_kind(given.get("contextKind") or _USER, given["values"])


def _other_kind(of: str, path: list[str]) -> tuple[Json, list[str]]:
    if path == ["key"]:
        return _other_kind_key(of), []
    return {"septet.attribute": of}, path


def _other_kind_key(of: str) -> Json:
    # OpenFeature calls the key of any kind its targetingKey.
    return {"var": [f"{of}.key", {"var": f"{of}.targetingKey"}]}
