"""What is refused, with its place; and that nothing hostile holds up the process."""

import json
import time
from typing import Any

import pytest

from apps.config.domain.compiling import compile_set
from apps.config.domain.findings import InvalidDefinitionError, Severity
from apps.config.domain.flags import FlagSet
from apps.config.domain.limits import Limits
from apps.config.domain.parsing import parse

SWITCH: dict[str, Any] = {
    "state": "ENABLED",
    "variants": {"on": True, "off": False},
    "defaultVariant": "off",
}


def rule(targeting: Any, **definition: Any) -> dict[str, Any]:
    return {"flags": {"it": {**SWITCH, "targeting": targeting}}, **definition}


def flag(**members: Any) -> dict[str, Any]:
    return {"flags": {"it": {**SWITCH, **members}}}


AT = "/flags/it/targeting"


@pytest.mark.parametrize(
    ("definition", "place", "code"),
    [
        ({}, "/flags", "type"),
        ({"flags": 1}, "/flags", "type"),
        ({"flags": [SWITCH]}, "/flags/0", "key"),
        ({"flags": [{"key": "a", **SWITCH}, {"key": "a", **SWITCH}]}, "/flags/1", "key"),
        ({"flags": {"it": None}}, "/flags/it", "type"),
        ({"flags": {}, "metadata": 1}, "/metadata", "type"),
        ({"flags": {}, "metadata": {"a": [1]}}, "/metadata/a", "type"),
        ({"flags": {}, "$evaluators": []}, "/$evaluators", "type"),
        ({"flags": {}, "$segments": {"x": {"members": [1]}}}, "/$segments/x", "type"),
        (flag(state="on"), "/flags/it/state", "state"),
        (flag(variants={}), "/flags/it/variants", "type"),
        (flag(variants={"on": True, "off": 0}), "/flags/it/variants/off", "variants"),
        (flag(variants={"on": True, "off": None}), "/flags/it/variants/off", "variants"),
        (flag(variants={"off": 2**53}), "/flags/it/variants/off", "number"),
        (flag(defaultVariant="gone"), "/flags/it/defaultVariant", "variant"),
        (flag(defaultVariant=1), "/flags/it/defaultVariant", "type"),
        (flag(metadata={"": 1}), "/flags/it/metadata/", "type"),
        (flag(bucketing="flagd-v4"), "/flags/it/bucketing", "bucketing"),
        (flag(targeting=[]), AT, "type"),
        (rule({"no such": 1}), AT, "operator"),
        (rule({"if": [True, "gone"]}), f"{AT}/if/1", "variant"),
        (rule({"if": [{"var": "a"}, "on", {"fractional": [["a/b", 1]]}]}),
         f"{AT}/if/2/fractional/0/0", "variant"),
        (rule({"fractional": []}), f"{AT}/fractional", "arguments"),
        (rule({"fractional": [["on", -1], ["off", 2]]}), f"{AT}/fractional/0/1", "weight"),
        (rule({"fractional": [["on", 1.5]]}), f"{AT}/fractional/0/1", "weight"),
        (rule({"fractional": [["on", True]]}), f"{AT}/fractional/0/1", "weight"),
        (rule({"fractional": [["on", 0]]}), f"{AT}/fractional", "weight"),
        (rule({"fractional": [["on", 2**31]]}), f"{AT}/fractional", "weight"),
        (rule({"fractional": [["on", 1, 2]]}), f"{AT}/fractional/0", "weight"),
        (rule({"starts_with": ["a"]}), f"{AT}/starts_with", "arguments"),
        (rule({"ends_with": [{"var": "a"}, 1]}), f"{AT}/ends_with/1", "type"),
        (rule({"sem_ver": [{"var": "v"}, "===", "1.0.0"]}), f"{AT}/sem_ver/1", "operator"),
        (rule({"sem_ver": [{"var": "v"}, "=", "one"]}), f"{AT}/sem_ver/2", "version"),
        (rule({"septet.semver": [{"var": "v"}, ">>1"]}), f"{AT}/septet.semver/1", "version"),
        (rule({"septet.regex": [{"var": "v"}, "(?=x)"]}), f"{AT}/septet.regex/1", "pattern"),
        (rule({"septet.regex": [{"var": "v"}, {"var": "p"}]}), f"{AT}/septet.regex/1", "pattern"),
        (rule({"septet.cidr": [{"var": "ip"}, ["10.0.0.0/99"]]}), f"{AT}/septet.cidr/1", "network"),
        (rule({"septet.cidr": [{"var": "ip"}, [False]]}), f"{AT}/septet.cidr/1", "network"),
        (rule({"septet.date": [{"var": "d"}, "<", "soon"]}), f"{AT}/septet.date/2", "date"),
        (rule({"septet.text": [{"var": "d"}, "like", "x"]}), f"{AT}/septet.text/1", "operator"),
        (rule({"septet.bucket": {"algorithm": "dice"}}), f"{AT}/septet.bucket/algorithm",
         "algorithm"),
        (rule({"septet.bucket": {"algorithm": "unleash"}}), f"{AT}/septet.bucket", "arguments"),
        (rule({"$ref": "gone"}), f"{AT}/$ref", "reference"),
        (rule({"septet.segment": "gone"}), f"{AT}/septet.segment", "reference"),
        (rule({"septet.flag": "gone"}), f"{AT}/septet.flag", "reference"),
        (rule({"septet.flag": "it"}), AT, "size"),
        (rule({"$ref": "a"}, **{"$evaluators": {"a": {"$ref": "a"}}}), "/$evaluators/a", "size"),
        (rule({"septet.segment": "a"}, **{"$segments": {"a": {"rule": {"septet.segment": "a"}}}}),
         "/$segments/a", "size"),
        ({"flags": {}, "$evaluators": {"a/b": {"no such": 1}}}, "/$evaluators/a~1b", "operator"),
    ],
)  # fmt: skip
def test_errors_are_refused_with_their_place(
    definition: dict[str, Any], place: str, code: str
) -> None:
    with pytest.raises(InvalidDefinitionError) as caught:
        compile_set(definition)

    found = [(each.place, each.code) for each in caught.value.findings]
    assert (place, code) in found
    # Lenient, the same is told, and something can be asked.
    lenient = compile_set(definition, strict=False)
    assert (place, code) in [(each.place, each.code) for each in lenient.findings]
    assert lenient.evaluate("it").reason in {"ERROR", "DEFAULT", "STATIC"} | {"TARGETING_MATCH"}


@pytest.mark.parametrize(
    ("definition", "place", "code"),
    [
        (rule({"if": [True, "on", {"var": "a"}, "off"]}), f"{AT}/if/2", "unreachable"),
        ({"flags": {"it": {"variants": {"a": 1}}}}, "/flags/it/state", "state"),
        (flag(defaultValue=1), "/flags/it/defaultValue", "unknown"),
    ],
)
def test_likely_mistakes_are_warned_of(definition: dict[str, Any], place: str, code: str) -> None:
    [finding] = compile_set(definition).findings

    assert (finding.place, finding.code, finding.severity) == (place, code, Severity.WARNING)


def test_every_error_is_told_at_once() -> None:
    definition = {"flags": {str(n): {**SWITCH, "defaultVariant": "gone"} for n in range(5)}}

    with pytest.raises(InvalidDefinitionError, match=r"/flags/0/defaultVariant: .* \(5 errors\)"):
        compile_set(definition)


@pytest.mark.parametrize(
    "source",
    [
        b"[1]",
        b'{"flags": {"a": 1, "a": 2}}',
        b'{"flags": {"a": NaN}}',
        b'{"flags": ' + b"[" * 100_000,
        b"\xff",
        b'{"flags": {}, "x": "' + b"x" * 100 + b'"}',
    ],
)
def test_text_that_is_no_definition(source: bytes) -> None:
    with pytest.raises(InvalidDefinitionError):
        parse(source, Limits(definition_bytes=100_100 if len(source) > 200 else 60))


def nested(levels: int) -> Any:
    found: Any = {"var": "a"}
    for _ in range(levels):
        found = {"!": [found]}
    return found


def doubling(levels: int) -> dict[str, Any]:
    evaluators: dict[str, Any] = {"e0": {"var": "a"}}
    for level in range(levels):
        evaluators[f"e{level + 1}"] = {"or": [{"$ref": f"e{level}"}, {"$ref": f"e{level}"}]}
    return evaluators


def chain(length: int) -> dict[str, Any]:
    flags = {f"f{n}": {**SWITCH, "targeting": {"septet.flag": f"f{n + 1}"}} for n in range(length)}
    return {**flags, f"f{length}": SWITCH}


@pytest.mark.parametrize(
    "definition",
    [
        rule(nested(5_000)),
        rule({"or": [{"var": "a"}] * 30_000}),
        rule({"$ref": "e30"}, **{"$evaluators": doubling(30)}),
        rule({"$ref": "e400"}, **{"$evaluators": doubling(400)}),
        {"flags": chain(9)},
        {"flags": chain(2_000)},
        flag(variants={"off": nested(200)}, defaultVariant="off"),
    ],
)
def test_explosions_are_refused_before_they_are_compiled(definition: dict[str, Any]) -> None:
    start = time.process_time()

    with pytest.raises(InvalidDefinitionError):
        compile_set(definition)
    compile_set(definition, strict=False).evaluate_all({})

    assert time.process_time() - start < 5


TURNS = [0] * 10_000


@pytest.mark.parametrize(
    "targeting",
    [
        {"map": [{"var": "xs"}, {"map": [{"var": ["gone", TURNS]}, 1]}]},
        {"reduce": [{"var": "xs"}, {"cat": [{"var": "accumulator"}, {"var": "accumulator"}]}, "x"]},
        {"reduce": [{"var": "xs"}, {"*": [{"var": "accumulator"}, {"var": "accumulator"}]}, 3]},
        {"cat": [{"reduce": [{"var": "xs"}, [{"var": "accumulator"}, {"var": "accumulator"}], 1]}]},
        {"reduce": [{"var": "xs"}, {"merge": [{"var": "accumulator"}, {"var": "accumulator"}]}, 1]},
        {"septet.regex": [{"var": "text"}, "^(a+)+$"]},
        {"sem_ver": [{"var": "text"}, "=", "1.0.0"]},
        {"==": [{"var": "text"}, 1]},
    ],
)
def test_no_context_makes_a_rule_run_away(targeting: Any) -> None:
    found: FlagSet = compile_set(rule(targeting), strict=False)
    context = {"xs": TURNS, "text": "a" * 100_000 + "!"}
    start = time.process_time()

    answer = found.evaluate("it", context)

    assert answer.variant in (None, "off")
    assert time.process_time() - start < 5


def test_flags_that_wait_for_the_same_one_do_not_multiply() -> None:
    layers = {
        f"{level}-{n}": {
            **SWITCH,
            "targeting": {
                "if": [{"and": [{"septet.flag": f"{level + 1}-{m}"} for m in range(8)]}, "on"]
            },
        }
        for level in range(8)
        for n in range(8)
    }
    leaves = {f"8-{n}": {**SWITCH, "targeting": {"if": [{"var": "a"}, "on"]}} for n in range(8)}
    found = compile_set({"flags": {**layers, **leaves}})

    # Eight to the power of eight, if each were asked as often as it is waited for.
    assert found.evaluate("0-0", {"a": True}).variant == "on"
    assert found.evaluate("0-0", {}).variant == "off"


def test_a_megabyte_of_rules_is_read_in_good_time() -> None:
    flags = {
        f"flag-{n}": {**SWITCH, "targeting": {"if": [{"==": [{"var": "a"}, f"{n}"]}, "on", "off"]}}
        for n in range(8_000)
    }
    source = json.dumps({"flags": flags})
    assert len(source) > 1_000_000
    start = time.process_time()

    found = compile_set(parse(source))

    assert found.evaluate("flag-77", {"a": "77"}).variant == "on"
    assert time.process_time() - start < 10
