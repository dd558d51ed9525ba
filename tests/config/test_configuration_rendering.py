"""Values written out in four formats, and read again by the parsers that programs use."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.config.domain.configuration.rendering import (
    CollisionError,
    to_env,
    to_json,
    to_properties,
    to_yaml,
)

VALUES = {
    "mail.host": "smtp.example.com",
    "mail.port": 25,
    "ratio": 1.0,
    "on": True,
    "limits": {"a b": [1, {"c": None}], "empty": {}, "none": []},
}
#: What parsers stumble over: quotes, ends of lines of all sorts, things that look like others.
TEXTS = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
    | st.sampled_from(["yes", "null", "~", "1.0", "1e3", "0x1f", "2026-01-01", " a ", "#a", "a: b"])
    | st.text("\\'\"$`!#=: \t\r\n\f\x85\u2028\ufeff\ud7ff\U0001f600&*-?[]{}%@,|>", max_size=20)
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)
KEYS = st.from_regex(r"[a-z][a-z0-9]{0,5}(\.[a-z0-9]{1,4})?", fullmatch=True)


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def test_json_keeps_floats_and_is_sorted() -> None:
    text = to_json({"b": 1.0, "a": {"z": 1, "y": 2}})

    assert text == b'{\n  "a": {\n    "y": 2,\n    "z": 1\n  },\n  "b": 1.0\n}\n'


def test_yaml_reads_as_people_write_it() -> None:
    assert to_yaml(VALUES).decode() == (
        '"limits":\n'
        '  "a b":\n'
        "    - 1\n"
        "    -\n"
        '      "c": null\n'
        '  "empty": {}\n'
        '  "none": []\n'
        '"mail.host": "smtp.example.com"\n'
        '"mail.port": 25\n'
        '"on": true\n'
        '"ratio": 1.0\n'
    )
    assert to_yaml({}) == b"{}\n"


@settings(deadline=None)
@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_yaml_is_read_as_it_was(values: dict[str, Any]) -> None:
    assert same(yaml.safe_load(to_yaml(values)), values)


@settings(deadline=None)
@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_json_is_read_as_it_was(values: dict[str, Any]) -> None:
    assert same(json.loads(to_json(values)), values)


def test_env_names_members_and_items() -> None:
    assert to_env(VALUES).decode() == (
        "LIMITS_A_B_0=1\n"
        "LIMITS_A_B_1_C=''\n"
        "LIMITS_EMPTY=''\n"
        "LIMITS_NONE=''\n"
        "MAIL_HOST=smtp.example.com\n"
        "MAIL_PORT=25\n"
        "ON=true\n"
        "RATIO=1.0\n"
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=10))
def test_a_shell_reads_env_as_it_was(texts: list[str]) -> None:
    script = to_env({f"v{number}": text for number, text in enumerate(texts)})

    found = subprocess.run(
        ["/bin/sh", "-c", f"set -a\n{script.decode()}exec env -0"],
        capture_output=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    ).stdout

    read = dict(line.split("=", 1) for line in found.decode().split("\0") if "=" in line)
    assert [read[f"V{number}"] for number in range(len(texts))] == texts


def test_properties_name_members_and_items() -> None:
    assert to_properties(VALUES).decode() == (
        "limits.a\\ b[0]=1\n"
        "limits.a\\ b[1].c=\n"
        "limits.empty=\n"
        "limits.none=\n"
        "mail.host=smtp.example.com\n"
        "mail.port=25\n"
        "on=true\n"
        "ratio=1.0\n"
    )


def test_two_keys_of_one_name_are_refused_with_both() -> None:
    with pytest.raises(CollisionError, match=r"'a\.b' and 'a_b' are both 'A_B'"):
        to_env({"a.b": 1, "a_b": 2})
    with pytest.raises(CollisionError, match=r"'a\.b' and 'a\.b' are both"):
        to_properties({"a": {"b": 1}, "a.b": 2})


READ = """
import java.io.*; import java.util.*;
class Read { public static void main(String[] a) throws Exception {
  var p = new Properties(); p.load(new FileInputStream(a[0]));
  var out = new DataOutputStream(System.out);
  out.writeInt(p.size());
  for (var name : p.stringPropertyNames()) for (var text : List.of(name, p.getProperty(name))) {
    byte[] raw = text.getBytes("UTF-8"); out.writeInt(raw.length); out.write(raw); }
  out.flush(); } }
"""


@pytest.mark.java
@pytest.mark.skipif(shutil.which("java") is None, reason="no Java")
def test_java_reads_properties_as_they_were(tmp_path: Path) -> None:
    hard = "\\'\"$`!#=: \t\r\n\f\x85\u2028\ufeff\U0001f600"
    texts = ["", " a ", "a b", "yes", hard, *(f"{one} x{one}" for one in hard)]
    values = {"list": texts, "odd": {text: text for text in texts if text}}
    (tmp_path / "Read.java").write_text(READ)
    (tmp_path / "values.properties").write_bytes(to_properties(values))

    raw = subprocess.run(
        ["java", "Read.java", "values.properties"], cwd=tmp_path, capture_output=True, check=True
    ).stdout

    expected = {f"list[{at}]": text for at, text in enumerate(texts)}
    expected |= {f"odd.{text}": text for text in texts if text}
    assert pairs(raw) == expected


def pairs(raw: bytes) -> dict[str, str]:
    texts: list[str] = []
    at = 4
    while at < len(raw):
        size = int.from_bytes(raw[at : at + 4])
        texts.append(raw[at + 4 : at + 4 + size].decode())
        at += 4 + size
    return dict(zip(texts[::2], texts[1::2], strict=True))
