"""flagd's definitions in and out."""

import copy
from typing import Any

from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext

from apps.config.domain.compiling import compile_set
from apps.config.domain.importing.flagd import export_flagd, import_flagd
from apps.config.domain.importing.reports import Line, Outcome

SWITCH: dict[str, Any] = {
    "state": "ENABLED",
    "variants": {"on": True, "off": False},
    "defaultVariant": "off",
}
HALVES = {**SWITCH, "targeting": {"fractional": [["on", 1], ["off", 1]]}}


def test_an_import_pins_what_was_hashed() -> None:
    definition = {"flags": {"halves": HALVES, "plain": SWITCH}, "metadata": {"team": "a"}}

    result = import_flagd(definition, bucketing="flagd-v2")

    assert result.definition["flags"]["halves"]["bucketing"] == "flagd-v2"
    assert result.definition["flags"]["plain"] == SWITCH
    assert result.definition["metadata"] == {"team": "a"}
    assert result.report == [Line("halves", Outcome.IMPORTED), Line("plain", Outcome.IMPORTED)]
    assert "bucketing" not in HALVES


def test_an_import_pins_what_an_evaluator_hashes() -> None:
    shared = {"fractional": [[True, 1], [False, 1]]}
    flag = {**SWITCH, "targeting": {"if": [{"$ref": "half"}, "on"]}}
    definition = {"flags": {"it": flag}, "$evaluators": {"half": shared}}

    result = import_flagd(definition, bucketing="flagd-v2")

    assert result.definition["flags"]["it"]["bucketing"] == "flagd-v2"


def test_an_export_is_served_by_flagd_as_by_us() -> None:
    staff = {"ends_with": [{"var": "email"}, "@example.com"]}
    flags = {
        "halves": {**HALVES, "bucketing": "flagd-v3"},
        "old": {**HALVES, "bucketing": "flagd-v2"},
        "staff": {**SWITCH, "targeting": {"if": [{"$ref": "staff"}, "on"]}},
        "listed": {**SWITCH, "targeting": {"if": [{"septet.segment": "beta"}, "on"]}},
        "behind": {**SWITCH, "targeting": {"if": [{"$ref": "own"}, "on"]}},
    }
    definition = {
        "flags": flags,
        "$evaluators": {"staff": staff, "own": {"septet.regex": [{"var": "email"}, "x"]}},
        "$segments": {"beta": {"members": ["ann"]}},
        "metadata": {"team": "a"},
    }

    result = export_flagd(definition)

    core = FlagdCore()
    core.set_flags(copy.deepcopy(result.definition))
    ours = compile_set(definition)
    for unit in ("ann", "bob", "cid"):
        for key in ("halves", "staff", "listed"):
            attributes = {"email": f"{unit}@example.com"}
            theirs = core.resolve_boolean_value(key, False, EvaluationContext(unit, attributes))
            assert (
                theirs.variant == ours.evaluate(key, {**attributes, "targetingKey": unit}).variant
            )
    assert result.report == [
        Line("old", Outcome.CHANGED, "hashed by flagd-v2 here and by flagd-v3 there"),
        Line("behind", Outcome.LEFT_OUT, "flagd has no septet.regex"),
        Line("halves", Outcome.IMPORTED),
        Line("staff", Outcome.IMPORTED),
        Line("listed", Outcome.IMPORTED),
    ]
    # Segments are evaluators to flagd.
    assert list(result.definition["$evaluators"]) == ["staff", "segment-beta"]
