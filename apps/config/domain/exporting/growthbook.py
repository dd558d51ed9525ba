"""GrowthBook's features, as its API for SDKs gives them, of flags that it decides as we do."""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.config.domain.exporting.branches import (
    Branch,
    NotRepresentableError,
    Row,
    Test,
    branches,
    leaving_out,
    with_rests,
    without_nothing,
)
from apps.config.domain.exporting.growthbook_conditions import BY_FALLBACK, Conditions, attribute_of
from apps.config.domain.importing.reports import Import
from apps.config.domain.values import kind

Json = Any

_HASHES = {"growthbook-1": 1, "growthbook-2": 2}


def export_growthbook(definition: Mapping[str, Any]) -> Import:
    """Give each flag that GrowthBook decides as we do: shares as it hashes them itself, no others.

    The members of segments are saved groups; what flags depend on is there, or they are not.
    """
    result = Import({"features": {}, "savedGroups": {}})
    segments = definition.get("$segments") or {}
    depends: dict[str, set[str]] = {}
    for key, flag in definition["flags"].items():
        if not flag or flag.get("state") == "DISABLED":
            result.left_out(key, "it is disabled: everybody gets their own default")
            continue
        with leaving_out(result, key):
            feature = _Feature(flag, definition)
            rows = branches(flag, definition.get("$evaluators") or {}, segments)
            result.definition["features"][key] = feature.told(rows)
            result.definition["savedGroups"] |= feature.conditions.groups
            depends[key] = feature.depends
            for note in sorted(feature.conditions.notes):
                result.changed(key, note)
            if not feature.conditions.notes:
                result.imported(key)
    _without_lost(result, depends)
    return result


def _without_lost(result: Import, depends: dict[str, set[str]]) -> None:
    """Leave out what depends on something that is not there."""
    features = result.definition["features"]
    while lost := {k: needed for k in features if (needed := depends[k] - features.keys())}:
        for key, needed in lost.items():
            del features[key]
            result.report = [line for line in result.report if line.key != key]
            result.left_out(key, f"it depends on {', '.join(sorted(needed))}, which is left out")


class _Feature:
    def __init__(self, flag: Mapping[str, Json], definition: Mapping[str, Any]) -> None:
        self.flags: Mapping[str, Json] = definition["flags"]
        self.variants: Mapping[str, Json] = flag["variants"]
        self.default: str | None = flag.get("defaultVariant") or None
        self.conditions = Conditions(definition.get("$segments") or {})
        self.depends: set[str] = set()

    def told(self, rows: list[Branch]) -> dict[str, Json]:
        rows = with_rests(rows, self.default)
        rows = without_nothing(rows, lambda row: row.outcome is None)
        feature: dict[str, Json] = {}
        if rows and not rows[-1].tests and isinstance(rows[-1].outcome, str):
            last = rows.pop()
            feature["defaultValue"] = self._value(last.outcome)
            while rows and rows[-1].outcome == last.outcome:
                rows.pop()
        rules = [rule for row in rows for rule in self._rules(row)]
        return feature | ({"rules": rules} if rules else {})

    def _rules(self, row: Branch) -> Iterator[dict[str, Json]]:
        given = self._given(row.tests)
        if isinstance(row.outcome, str):
            yield given | {"force": self._value(row.outcome)}
        elif split := self._split(row.outcome or {}):
            yield given | split

    def _value(self, variant: Any) -> Json:
        value = self.variants.get(variant)
        if value is None:
            raise NotRepresentableError(f"there is no variant {variant!r}")
        return value

    def _given(self, tests: Row) -> dict[str, Json]:
        """Return who a rule is for."""
        filters: list[Json] = []
        parents: list[Json] = []
        conditions: list[Json] = []
        for test in tests:
            if test.operator == "septet.bucket":
                filters.append(_filter(test))
            elif parent := self._parent(test):
                parents.append(parent)
            else:
                conditions.append(self.conditions.of(test))
        found: dict[str, Json] = {"parentConditions": parents} if parents else {}
        if conditions:
            found["condition"] = conditions[0] if len(conditions) == 1 else {"$and": conditions}
        return found | ({"filters": filters} if filters else {})

    def _parent(self, test: Test) -> Json:
        """Return a test of another flag's value, if it is one."""
        wanted: Json = None
        match test.operator, test.arguments:
            case "septet.growthbook", (dict(condition), {"septet.flag": key}):
                pass
            case (
                ("==" | "===" | "!=" | "!=="),
                (
                    {"septet.flag": key},
                    str() | bool() | int() | float() as wanted,
                ),
            ):
                condition = {"value": {"$eq" if test.operator[0] == "=" else "$ne": wanted}}
            case "septet.flag", (key,):
                condition = {"value": {"$nin": [False, None, 0, ""]}}
            case _:
                return None
        key = key[0] if isinstance(key, list) else key
        if wanted is not None:
            values = (self.flags.get(key) or {}).get("variants") or {}
            if {kind(value) for value in values.values()} - {kind(wanted)}:
                raise NotRepresentableError("a comparison of a flag with what it never is")
        self.depends.add(key)
        return {"id": key, "condition": {"$not": condition} if test.negated else condition}

    def _split(self, rule: Mapping[str, Json]) -> dict[str, Json]:
        bucket = rule.get("septet.bucket")
        if not isinstance(bucket, dict) or bucket.get("algorithm") not in _HASHES:
            [name] = list(rule) or ["nothing"]
            raise NotRepresentableError(
                f"{name} puts other users into its shares than GrowthBook does"
            )
        found = {"hashVersion": _HASHES[bucket["algorithm"]], "seed": bucket["seed"]}
        found |= _unit(bucket)
        if "fallbackAttribute" in found:
            self.conditions.notes.add(BY_FALLBACK)
        # Whoever is in the range of none goes on, as outside of all ranges.
        ranges = [each for each in _ranges(bucket) if each[0] is not None]
        if not ranges:
            return {}
        if len(ranges) == 1:
            [(variant, low, high)] = ranges
            found |= {"force": self._value(variant), "range": [low, high]}
            # For clients that know no ranges; of the others some take the end of a coverage in.
            return found | ({} if low else {"coverage": high})
        if "fallbackAttribute" in found:
            raise NotRepresentableError("several variants by one attribute or another")
        return found | {
            "variations": [self._value(variant) for variant, _, _ in ranges],
            "meta": [{"key": variant} for variant, _, _ in ranges],
            "ranges": [[low, high] for _, low, high in ranges],
            "weights": [high - low for _, low, high in ranges],
            "coverage": 1,
        }


def _ranges(bucket: Mapping[str, Json]) -> list[Json]:
    if bucket.get("with_end"):
        raise NotRepresentableError("ranges that have their ends in them")
    if "ranges" in bucket:
        return list(bucket["ranges"])
    start, found = 0.0, []
    for variant, size in bucket.get("split") or []:
        found.append([variant, start, start + size])
        start += size
    if not found:
        raise NotRepresentableError("a bucket that is not split")
    return found


def _unit(bucket: Mapping[str, Json]) -> dict[str, str]:
    by = bucket.get("by", {"var": "targetingKey"})
    match by:
        case {"or": [first, second]}:
            return {"hashAttribute": _hashed(first), "fallbackAttribute": _hashed(second)}
    return {"hashAttribute": _hashed(by)}


def _hashed(rule: Json) -> str:
    name = attribute_of(rule)
    if "." in name:
        raise NotRepresentableError("an attribute within another one is hashed")
    return name


def _filter(test: Test) -> Json:
    [bucket] = test.arguments
    if bucket.get("algorithm") not in _HASHES or test.negated:
        raise NotRepresentableError("a share that puts other users into it than GrowthBook does")
    unit = _unit(bucket)
    if "fallbackAttribute" in unit:
        raise NotRepresentableError("a share by one attribute or another")
    return {
        "seed": bucket["seed"],
        "hashVersion": _HASHES[bucket["algorithm"]],
        "attribute": unit["hashAttribute"],
        "ranges": [[low, high] for inside, low, high in _ranges(bucket) if inside],
    }
