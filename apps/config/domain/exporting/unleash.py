"""Unleash's client features, `/api/client/features`, of flags that it decides as we do."""

from collections.abc import Mapping
from typing import Any

from apps.config.domain.exporting.branches import (
    Branch,
    NotRepresentableError,
    Test,
    branches,
    leaving_out,
    without_nothing,
)
from apps.config.domain.importing.reports import Import
from apps.config.domain.importing.unleash import STICKY_DEFAULT, STICKY_VARIANT, USER
from apps.config.domain.operators.bucketing import VARIANT_SEED
from apps.config.domain.unleash import payload_of

Json = Any

KEY = {"var": "targetingKey"}
RANDOM: Json = {"septet.random": []}
_NUMBERS = {"==": "NUM_EQ", "===": "NUM_EQ", ">": "NUM_GT", ">=": "NUM_GTE", "<": "NUM_LT"}
_NUMBERS["<="] = "NUM_LTE"
_TEXTS = {
    "starts_with": "STR_STARTS_WITH",
    "ends_with": "STR_ENDS_WITH",
    "contains": "STR_CONTAINS",
}
_VERSIONS = {
    "=": "SEMVER_EQ",
    ">": "SEMVER_GT",
    ">=": "SEMVER_GTE",
    "<": "SEMVER_LT",
    "<=": "SEMVER_LTE",
}
_DATES = {">": "DATE_AFTER", "<": "DATE_BEFORE"}


def export_unleash(definition: Mapping[str, Any]) -> Import:
    """Give each flag that Unleash can say; a share of ours that it would split otherwise it can't.

    A boolean flag is a toggle; any other is one with a variant in each strategy.
    """
    result = Import({"features": []})
    evaluators, segments = definition.get("$evaluators") or {}, definition.get("$segments") or {}
    for key, flag in definition["flags"].items():
        if not flag or flag.get("state") == "DISABLED":
            result.left_out(key, "it is disabled: everybody gets their own default")
            continue
        with leaving_out(result, key):
            rows = branches(flag, evaluators, segments)
            strategies = _strategies(flag["variants"], rows)
            result.definition["features"].append(
                {
                    "name": key,
                    "type": "release",
                    "enabled": bool(strategies),
                    "stale": False,
                    "impressionData": False,
                    "strategies": strategies,
                    "variants": [],
                }
            )
            result.imported(key)
    return result


def _strategies(variants: Mapping[str, Json], rows: list[Branch]) -> list[Json]:
    def is_nothing(branch: Branch) -> bool:
        outcome = branch.outcome
        return outcome is None or (isinstance(outcome, str) and variants.get(outcome) is False)

    return [_strategy(variants, branch) for branch in without_nothing(rows, is_nothing)]


def _strategy(variants: Mapping[str, Json], branch: Branch) -> Json:
    rollouts = [test for test in branch.tests if test.operator == "septet.bucket"]
    if len(rollouts) > 1 or any(test.negated for test in rollouts):
        raise NotRepresentableError("a strategy has one share, and no opposite of one")
    parameters = _rollout(rollouts[0].arguments[0]) if rollouts else {}
    found: dict[str, Json] = {
        "name": "flexibleRollout" if rollouts else "default",
        "parameters": parameters,
        "constraints": [_constraint(test) for test in branch.tests if test not in rollouts],
    }
    if branch.goes_on:
        raise NotRepresentableError("a split that leaves somebody to the next rule")
    if not isinstance(branch.outcome, str):
        hashed, split = _split(branch.outcome or {}, variants)
        if any(parameters.setdefault(name, value) != value for name, value in hashed.items()):
            raise NotRepresentableError("a share and its variants are hashed by two things")
        return found | {"variants": split}
    value = variants.get(branch.outcome)
    if value is None:
        raise NotRepresentableError(f"there is no variant {branch.outcome!r}")
    if value is True:
        return found
    return found | {"variants": [_variant(branch.outcome, value, 1000, "default")]}


def _split(
    rule: Mapping[str, Json], variants: Mapping[str, Json]
) -> tuple[dict[str, str], list[Json]]:
    bucket = rule.get("septet.bucket")
    if not isinstance(bucket, dict) or bucket.get("algorithm") != "unleash":
        [name] = list(rule) or ["nothing"]
        raise NotRepresentableError(f"{name} puts other users into its shares than Unleash does")
    if bucket.get("seed") != VARIANT_SEED or True in map(variants.get, dict(bucket["split"])):
        raise NotRepresentableError("a split that is none of Unleash's variants")
    sticky = _variant_stickiness(bucket.get("by", KEY))
    split = [_variant(name, variants.get(name), weight, sticky) for name, weight in bucket["split"]]
    return {"groupId": bucket["group"], "stickiness": sticky}, split


def _variant(name: str, value: Json, weight: int, sticky: str) -> Json:
    return {
        "name": name,
        "weight": weight,
        "stickiness": sticky,
        "payload": payload_of(value),
    }


def _rollout(bucket: Mapping[str, Json]) -> dict[str, str]:
    split = bucket.get("split")
    if bucket.get("algorithm") != "unleash" or not split or len(split) != 1 or bucket.get("seed"):
        raise NotRepresentableError("a share that puts other users into it than Unleash does")
    return {
        "groupId": bucket["group"],
        "rollout": f"{split[0][1]:g}",
        "stickiness": _stickiness(bucket.get("by", KEY), STICKY_DEFAULT),
    }


def _stickiness(by: Json, default: Json) -> str:
    if by == default:
        return "default"
    return "random" if by == RANDOM else _field(by)


def _variant_stickiness(by: Json) -> str:
    """Whoever has nothing that it could stick to gets a variant at random there."""
    match by:
        case {"or": [field, last]} if last == RANDOM:
            return _stickiness(field, None)
    if by == STICKY_VARIANT:
        return "default"
    raise NotRepresentableError("a split that leaves out who has nothing to be hashed by")


def _field(rule: Json) -> str:
    """Return Unleash's name of what a rule reads."""
    if rule in (USER, {"var": "targetingKey"}):
        return "userId"
    if isinstance(rule, dict) and len(rule) == 1:
        [(name, given)] = rule.items()
        given = given[0] if isinstance(given, list) and given else given
        if name == "cat" and isinstance(given, dict):
            return _field(given)
        dotted = name == "var" and "." in str(given)
        if name in ("var", "septet.attribute") and isinstance(given, str) and given and not dotted:
            return given
    raise NotRepresentableError("a test of something else than an attribute")


def _constraint(test: Test) -> Json:
    field, *given = test.arguments
    operator, wanted = _test(test.operator, given)
    inverted = test.negated
    if test.operator in ("!=", "!=="):
        inverted = not inverted
    return {
        "contextName": _field(field),
        "operator": operator,
        "inverted": inverted,
        "caseInsensitive": False,
        **wanted,
    }


def _test(name: str, given: list[Json]) -> tuple[str, dict[str, Json]]:
    match name, given:
        case ("==" | "===" | "!=" | "!==", [str(text)]):
            return "IN", {"values": [text]}
        case ("==" | "===" | "<" | "<=" | ">" | ">=", [int() | float() as number]):
            if not isinstance(number, bool):
                return _NUMBERS[name], {"value": str(number)}
        case ("in", [list(values)]) if all(isinstance(each, str) for each in values):
            return "IN", {"values": values}
        case ("starts_with" | "ends_with", [str(text)]):
            return _TEXTS[name], {"values": [text]}
    return _more(name, given)


def _more(name: str, given: list[Json]) -> tuple[str, dict[str, Json]]:
    match name, given:
        case ("septet.text", [str(how), list(values), *more]) if how in _TEXTS:
            return _TEXTS[how], {"values": values, "caseInsensitive": more == [True]}
        case ("sem_ver", [str(how), str(version)]) if how in _VERSIONS:
            return _VERSIONS[how], {"value": version}
        case ("septet.date", [str(how), str(moment)]) if how in _DATES:
            return _DATES[how], {"value": moment}
        case ("septet.cidr", [list(networks)]):
            return "IN_CIDR", {"values": networks}
        case ("septet.regex", [str(pattern), *more]):
            return "REGEX", {"value": pattern, "caseInsensitive": more == [True]}
    raise NotRepresentableError(f"Unleash has no {name} as it is used here")
