"""The examples of the README's section on the format of flags."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from apps.config.domain.compiler import Compiler, World
from apps.config.domain.compiling import compile_set
from apps.config.domain.frames import Frame
from apps.config.domain.parsing import parse

README = (Path(__file__).parents[2] / "apps" / "config" / "README.md").read_text()
SECTION = README.split("## The format of flags")[1].split("\n## ")[0]
[SOURCE] = re.findall(r"```json\n(.*?)```", SECTION, re.DOTALL)
CELL = r"`(.+?)`"
ANSWERS = re.findall(rf"^\| {CELL} \| {CELL} \| {CELL}, {CELL}, {CELL} \|$", SECTION, re.MULTILINE)
RULES = re.findall(rf"^\| `(\{{.+?)` \| {CELL} \| {CELL} \|$", SECTION, re.MULTILINE)


@pytest.mark.parametrize(("key", "context", "value", "variant", "reason"), ANSWERS)
def test_the_example_answers_so(
    key: str, context: str, value: str, variant: str, reason: str
) -> None:
    flags = compile_set(parse(SOURCE))

    found = flags.evaluate(key, json.loads(context))

    assert flags.findings == ()
    assert (found.value, found.variant, found.reason) == (json.loads(value), variant, reason)


@pytest.mark.parametrize(("rule", "context", "result"), RULES)
def test_each_rule_gives_so(rule: str, context: str, result: str) -> None:
    given: dict[str, Any] = json.loads(context)
    compiler = Compiler(World({}, {}, (), {}), "it", "flagd-v3")

    node = compiler.node(json.loads(rule), "")

    assert compiler.findings == []
    assert node(given, Frame(given, 0, None)) == json.loads(result)


def test_every_example_was_read() -> None:
    assert len(ANSWERS) == 4
    assert len(RULES) == 14


def test_the_lines_of_code() -> None:
    [code] = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
    names: dict[str, Any] = {"compile_set": compile_set, "parse": parse, "source": SOURCE}

    for line in code.splitlines():
        statement, _, comment = line.partition("  # ")
        if " = " in statement:
            exec(statement, names)
        else:
            assert eval(statement, names) == json.loads(comment)
