"""Flagsmith's features, through the import, as Flagsmith's own engine answered for them."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.config.domain.compiling import compile_set
from apps.config.domain.importing.flagsmith import context_of, import_flagsmith
from apps.config.domain.importing.reports import Line, Outcome

DATA = Path(__file__).parents[1] / "data" / "flagsmith" / "answers.json"
ENVIRONMENTS = json.loads(DATA.read_text())


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=range(len(ENVIRONMENTS)))
def test_every_feature_answers_as_in_flagsmith(environment: dict[str, Any]) -> None:
    definition = import_flagsmith(environment).definition
    flags = compile_set(definition)

    for case in environment["cases"]:
        for name, (enabled, value) in case["flags"].items():
            found = flags.evaluate(name, context_of(case))
            if set(definition["flags"][name]["variants"]) == {"on", "off"}:
                assert found.value is enabled, (case["identity"], name)
                continue
            assert (found.variant is not None) == enabled, (case["identity"], name)
            if enabled:
                # A value that is nothing among texts is an empty one.
                assert found.value == ("" if value is None else value), (case["identity"], name)


def test_every_answer_is_there() -> None:
    answers = [case["flags"] for environment in ENVIRONMENTS for case in environment["cases"]]

    assert sum(map(len, answers)) == 640


def test_the_report_tells_what_is_otherwise_now() -> None:
    conditions = [
        {"property": "plan", "operator": "REGEX", "value": "(?=a)"},
        {"property": "$.identity.traits[?@.x]", "operator": "EQUAL", "value": "1"},
        {"property": "plan", "operator": "LIKE", "value": "a"},
    ]
    override = {"key": "3", "name": "size", "enabled": True, "value": "large"}
    context = {
        "environment": {"key": "env", "name": "Production"},
        "features": {
            "size": {"key": "1", "name": "size", "enabled": True, "value": 3},
            "plain": {"key": "2", "name": "plain", "enabled": True, "value": None},
        },
        "segments": {
            "7": {
                "key": "7",
                "name": "odd",
                "rules": [{"type": "ALL", "conditions": conditions}],
                "overrides": [override],
            }
        },
    }

    report = import_flagsmith(context).report

    assert [(line.key, line.outcome) for line in report] == [
        ("segment odd", Outcome.LEFT_OUT),
        ("segment odd", Outcome.CHANGED),
        ("segment odd", Outcome.LEFT_OUT),
        ("size", Outcome.CHANGED),
        ("plain", Outcome.IMPORTED),
    ]
    assert report[-1] == Line("plain", Outcome.IMPORTED)
