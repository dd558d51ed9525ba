"""Unleash's own client specification, through the import."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.config.domain.compiling import compile_set
from apps.config.domain.importing.reports import Line, Outcome
from apps.config.domain.importing.unleash import context_of, has_variants, import_unleash

DATA = Path(__file__).parents[1] / "data" / "unleash" / "client-specification.json"
SPECIFICATIONS = json.loads(DATA.read_text())


@pytest.mark.parametrize("specification", SPECIFICATIONS, ids=lambda each: each["name"])
def test_every_toggle_answers_as_in_unleash(specification: dict[str, Any]) -> None:
    flags = compile_set(import_unleash(specification["state"]).definition)
    features = {feature["name"]: feature for feature in specification["state"]["features"]}
    cases = [*specification.get("tests", []), *specification.get("variantTests", [])]
    assert cases

    for case in cases:
        found = flags.evaluate(case["toggleName"], context_of(case["context"]))
        varied = has_variants(features.get(case["toggleName"], {}))
        enabled = found.variant is not None if varied else found.value is True
        expected = case["expectedResult"]
        if isinstance(expected, bool):
            assert enabled == expected, case["description"]
            continue
        name = found.variant if varied and found.variant not in (None, "enabled") else "disabled"
        assert (name, enabled) == (expected["name"], expected["feature_enabled"]), case
        if "payload" in expected:
            assert str(found.value) == expected["payload"]["value"], case["description"]


def test_the_whole_specification_is_there() -> None:
    counts = [
        len(each.get("tests", [])) + len(each.get("variantTests", [])) for each in SPECIFICATIONS
    ]

    assert sum(counts) == 275


def test_the_report_tells_what_is_otherwise_now() -> None:
    strategies = [
        {"name": "ownStrategy"},
        {
            "name": "default",
            "constraints": [{"contextName": "x", "operator": "REGEX", "value": "(?=a)"}],
        },
    ]
    state = {
        "features": [
            {"name": "plain", "enabled": True, "strategies": [{"name": "default"}]},
            {"name": "own", "enabled": True, "strategies": strategies},
        ]
    }

    result = import_unleash(state)

    assert result.report == [
        Line("own", Outcome.LEFT_OUT, "the strategy 'ownStrategy': it never holds"),
        Line("own", Outcome.CHANGED, "REGEX of '(?=a)' cannot be read: it never holds"),
        Line("plain", Outcome.IMPORTED),
    ]
    assert compile_set(result.definition).evaluate("own").value is False
