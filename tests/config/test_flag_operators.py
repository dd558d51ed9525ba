"""Corners of single operators, as a flag's rule meets them."""

from typing import Any

import pytest

from apps.config.domain.compiling import compile_set
from apps.config.domain.evaluations import Evaluation

LONG = [1] * 40


def ask(rule: Any, context: dict[str, Any], **definition: Any) -> Evaluation:
    flag = {
        "state": "ENABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": "off",
        "targeting": {"if": [rule, "on", "off"]},
    }
    flags = compile_set({"flags": {"it": flag}, **definition}, strict=False)
    return flags.evaluate("it", context, now=100)


@pytest.mark.parametrize(
    ("rule", "context", "variant"),
    [
        ({"septet.cidr": [{"var": "ip"}, ["10.0.0.0/8"]]}, {"ip": "::ffff:10.1.2.3"}, "on"),
        ({"septet.cidr": [{"var": "ip"}, ["10.0.0.0/8"]]}, {"ip": "::ffff:11.1.2.3"}, "off"),
        ({"septet.cidr": [{"var": "ip"}, ["2001:db8::/32"]]}, {"ip": "2001:db8::7"}, "on"),
        ({"septet.cidr": [{"var": "ip"}, "10.0.0.1"]}, {"ip": "10.0.0.1"}, "on"),
        ({"septet.cidr": [{"var": "ip"}, "10.0.0.1"]}, {"ip": "no address"}, "off"),
        ({"septet.cidr": [{"var": "ip"}, "0.0.0.0/8"]}, {"ip": 0}, "off"),
        ({"septet.cidr": [{"var": "ip"}, "0.0.0.0/8"]}, {"ip": False}, "off"),
        # No zone is UTC, whatever the machine's own is.
        ({"septet.date": [{"var": "at"}, "=", 0]}, {"at": "1970-01-01T00:00:00"}, "on"),
        ({"septet.date": [{"var": "at"}, "=", 0]}, {"at": "1970-01-01T01:00:00+01:00"}, "on"),
        ({"septet.date": [{"var": "$flagd.timestamp"}, "<", "1970-01-01T00:02Z"]}, {}, "on"),
        ({"septet.date": [{"var": "at"}, "<", "2026-01-01"]}, {"at": "soon"}, "off"),
        ({"septet.semver": [{"var": "v"}, "^0.0.3"]}, {"v": "0.0.3"}, "on"),
        ({"septet.semver": [{"var": "v"}, "^0.0.3"]}, {"v": "0.0.4"}, "off"),
        ({"septet.semver": [{"var": "v"}, "^0.2.3"]}, {"v": "0.2.9"}, "on"),
        ({"septet.semver": [{"var": "v"}, "^0.2.3"]}, {"v": "0.3.0"}, "off"),
        ({"septet.semver": [{"var": "v"}, "~1.2.3"]}, {"v": "1.3.0"}, "off"),
        ({"septet.semver": [{"var": "v"}, ">= 1.2 < 2 || 3.0.0"]}, {"v": "3.0.0"}, "on"),
        ({"septet.semver": [{"var": "v"}, ">=1.2.0"]}, {"v": "1.2.0-rc.1"}, "off"),
        ({"sem_ver": [{"var": "v"}, "<", "1.0.0-beta.11"]}, {"v": "1.0.0-beta.2"}, "on"),
        ({"septet.regex": [{"var": "t"}, "ABC", True]}, {"t": "xabcx"}, "on"),
        ({"septet.regex": [{"var": "t"}, "ABC"]}, {"t": "xabcx"}, "off"),
        ({"septet.text": [{"var": "t"}, "equals", "Ann", True]}, {"t": "ANN"}, "on"),
        ({"septet.text": [{"var": "t"}, "equals", "Ann"]}, {"t": "ANN"}, "off"),
    ],
)
def test_corners(rule: Any, context: dict[str, Any], variant: str) -> None:
    assert ask(rule, context).variant == variant


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"reduce": [{"var": "xs"}, [{"var": "accumulator"}, {"var": "accumulator"}], 1]}, "turns"),
        ({"reduce": [{"var": "xs"}, {"cat": [{"var": "accumulator"}] * 2}, "x"]},
         "cat made"),
        ({"merge": [{"var": "many"}, {"var": "many"}]}, "merge made"),
    ],
)  # fmt: skip
def test_what_grows_without_end_is_stopped(rule: Any, message: str) -> None:
    found = ask(rule, {"xs": LONG, "many": [0] * 6_000})

    assert found.error_code == "GENERAL"
    assert message in (found.error_message or "")


def test_below_zero_a_weight_is_nothing() -> None:
    rule = {"fractional": [[False, -50], [True, 1]]}

    assert all(ask(rule, {"targetingKey": str(n)}).variant == "on" for n in range(20))


def test_an_evaluator_brings_along_what_it_needs() -> None:
    evaluators = {
        "late": {">": [{"var": "$flagd.timestamp"}, 99]},
        "named": {"==": [{"var": {"cat": ["$flagd.", "flagKey"]}}, "it"]},
    }

    assert ask({"$ref": "late"}, {}, **{"$evaluators": evaluators}).variant == "on"
    assert ask({"$ref": "named"}, {}, **{"$evaluators": evaluators}).variant == "on"
