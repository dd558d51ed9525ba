"""GrowthBook's features, through the import, as GrowthBook's own client answered for them."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.config.domain.compiling import compile_set
from apps.config.domain.importing.growthbook import import_growthbook
from apps.config.domain.importing.reports import Line, Outcome

DATA = Path(__file__).parents[1] / "data" / "growthbook" / "answers.json"
PAYLOADS = json.loads(DATA.read_text())


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_every_feature_answers_as_in_growthbook(payload: dict[str, Any]) -> None:
    flags = compile_set(import_growthbook(payload).definition)

    for case in payload["cases"]:
        # OpenFeature's name for who is asking; GrowthBook's is one attribute of many.
        attributes = dict(case["attributes"])
        unit = {"targetingKey": attributes.pop("id")} if "id" in attributes else {}
        for name, value in case["values"].items():
            found = flags.evaluate(name, {**attributes, **unit})
            assert found.error_code is None
            assert json.dumps(found.value) == json.dumps(value), (name, case["attributes"])


def test_every_answer_is_there() -> None:
    assert sum(len(case["values"]) for payload in PAYLOADS for case in payload["cases"]) == 1_000


def test_the_report_tells_what_is_otherwise_now() -> None:
    payload = {
        "features": {
            "mixed": {"defaultValue": 1, "rules": [{"force": "one"}]},
            "lists": {"defaultValue": [1]},
            "ahead": {
                "defaultValue": "a",
                "rules": [{"condition": {"plan": {"$regex": "(?=x)"}}, "force": "b"}],
            },
            "lone": {"defaultValue": "a", "rules": [{"variations": ["b"]}]},
            "plain": {"defaultValue": True},
        }
    }

    result = import_growthbook(payload)

    assert result.report == [
        Line("mixed", Outcome.CHANGED, "number, string: they are JSON as texts"),
        Line("lists", Outcome.CHANGED, "array: they are JSON as texts"),
        Line("ahead", Outcome.LEFT_OUT, "$regex of '(?=x)': it never holds"),
        Line("lone", Outcome.LEFT_OUT, "rule 1: it never holds"),
        Line("plain", Outcome.IMPORTED),
    ]
    flags = compile_set(result.definition)
    assert flags.evaluate("ahead", {"plan": "x"}).value == "a"
    assert flags.evaluate("mixed").value == '"one"'
    assert flags.evaluate("plain").reason == "STATIC"


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        # Nobody knows $bogus, so that neither it nor its opposite holds.
        ({"plan": {"$bogus": 1}}, {"plan": "a"}, False),
        ({"$not": {"plan": {"$bogus": 1}}}, {"plan": "a"}, False),
        ({"roles": {"$elemMatch": {"name": "admin"}}}, {"roles": [{"name": "admin"}]}, True),
        ({"id": "ann"}, {"targetingKey": "ann"}, True),
        ({"version": {"$vgt": "1.9.0"}}, {"version": "v1.10.0"}, True),
        ({"version": {"$vlt": "2.0.0"}}, {"version": "2.0.0-rc.1"}, True),
        ({"paid": {"$in": [1]}}, {"paid": True}, False),
        ({"tags": {"$all": ["a", {"$regex": "^b"}]}}, {"tags": ["bc", "a"]}, True),
    ],
)
def test_conditions(condition: dict[str, Any], context: dict[str, Any], holds: bool) -> None:
    flag = {
        "state": "ENABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": "off",
        "targeting": {"if": [{"septet.growthbook": [condition]}, "on", "off"]},
    }

    assert compile_set({"flags": {"it": flag}}).evaluate("it", context).value is holds
