"""YAML: what it says is what JSON would say, and nothing small becomes large."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from apps.config.domain.configuration.rendering import to_yaml
from apps.config.domain.findings import InvalidDefinitionError
from apps.config.domain.limits import Limits
from apps.config.domain.yaml import read_yaml
from apps.config.models import Configuration, ConfigurationVersion, FeatureFlag
from apps.config.selectors.configurations import snapshots as values_of
from apps.config.selectors.places import Place
from apps.config.services.snapshots import snapshots
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient

LIMITS = Limits(definition_bytes=10_000, depth=10, nodes=500)
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("a: 1.0", {"a": 1.0}),
        ("a: 012", {"a": 12}),
        ("a: 0x1f", {"a": 31}),
        ("a: 0o17", {"a": 15}),
        ("a: 1e3", {"a": 1000.0}),
        ("a: no", {"a": "no"}),
        ("a: on", {"a": "on"}),
        ("a: 2026-11-28", {"a": "2026-11-28"}),
        ("a: 12:30:00", {"a": "12:30:00"}),
        ("a: true", {"a": True}),
        ("a: ~\nb:", {"a": None, "b": None}),
        ("a: '1'", {"a": "1"}),
        ("a:\n  - b\n  - {c: d}", {"a": ["b", {"c": "d"}]}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
        ("&x a: !!str 1", {"a": "1"}),
        ("<<: b", {"<<": "b"}),
        ("", None),
        ('{"a": [1, null]}', {"a": [1, None]}),
    ],
)
def test_it_says_what_json_would_say(text: str, value: Any) -> None:
    found = read_yaml(text, LIMITS)

    assert json.dumps(found) == json.dumps(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "line 2: aliases are not taken"),
        ("a: &a [*a]", "aliases"),
        ("a: 1\nb: 2\na: 3", "line 3: the name 'a' comes twice"),
        ("a: {b: 1, b: 2}", "comes twice"),
        ("1: a", "line 1: a name is a text"),
        ("? [a]\n: b", "a name is a text"),
        ("!!python/object/apply:os.system ['true']", "none of JSON's"),
        ("a: !!binary aGk=", "none of JSON's"),
        ("a: !!timestamp 2026-11-28", "none of JSON's"),
        ("a: !!set {b}", "none of JSON's"),
        ("a: 1e999", "no number of JSON"),
        (f"a: {'9' * 401}", "the number is too long"),
        ("a: 1\n---\nb: 2", "line 2: but found another document"),
        ("a: [", "line 2"),
        ("a: b: c", "line 1"),
        ("a: \x00", "unacceptable|control characters"),
        ("[" * 11 + "]" * 11, "nested too deeply"),
        ("[" * 4_000, "exceeded maximum nesting depth"),
        (f"[{', '.join(['1'] * 500)}]", "at most 500 values"),
        ("a" * 10_001, "10001 bytes; at most 10000"),
        (b"a: \xff", "invalid leading UTF-8 octet"),
    ],
)
def test_what_is_refused_is_named(text: str | bytes, message: str) -> None:
    with pytest.raises(InvalidDefinitionError, match=message):
        read_yaml(text, LIMITS)


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(_texts, _values, max_size=3))
def test_what_is_written_out_is_read_as_it_was(values: dict[str, Any]) -> None:
    found = read_yaml(to_yaml(values), Limits(definition_bytes=100_000, depth=100, nodes=10_000))

    assert json.dumps(found, sort_keys=True) == json.dumps(values, sort_keys=True)


IMPORT = """mutation($input: ImportConfigurationValuesInput!) {
  change: importConfigurationValues(input: $input) {
    revision changed { key version } error { code message } } }"""


def test_values_are_imported_all_or_none(tenant: Tenant, graphql: GraphQLClient) -> None:
    def imported(text: str, **more: Any) -> Any:
        sent = {"environment": "production", "yaml": text, "createMissing": True, **more}
        return graphql(IMPORT, input=sent).data["change"]

    dry = imported("mail: {host: a}\nsize: 1.0\n", dryRun=True)
    assert dry["error"] is None
    assert [one["key"] for one in dry["changed"]] == ["mail", "size"]
    assert Configuration.objects.count() == 0
    done = imported("mail: {host: a}\nsize: 1.0\n")
    refused = imported("mail: {host: b}\nsize: text\n")
    twice = imported("mail: 1\nmail: 2\n")

    assert done["error"] is None
    assert refused["error"]["code"] == twice["error"]["code"] == "CONFIG_DEFINITION_REFUSED"
    found = values_of.get(Place(tenant.pk, "production")).values
    assert json.dumps(found, sort_keys=True) == '{"mail": {"host": "a"}, "size": 1.0}'
    assert ConfigurationVersion.objects.count() == 2
    for sent in ({}, {"values": {"a": 1}, "yaml": "a: 1"}):
        wrong = graphql(IMPORT, input={"environment": "production", **sent}).data["change"]
        assert wrong["error"]["code"] == "INVALID_INPUT"


FLAGS = """
flags:
  new-invoice:
    state: ENABLED
    variants: {on: true, off: false}
    defaultVariant: on
"""


def test_flags_are_imported(tenant: Tenant, graphql: GraphQLClient, tmp_path: Path) -> None:
    made = graphql(
        "mutation($text: String!) { change: importFeatureFlags(input: {format: FLAGD,"
        " syntax: YAML, document: $text}) { published error { code message } } }",
        text=FLAGS,
    ).data["change"]
    assert made == {"published": 1, "error": None}
    assert snapshots.get(tenant.pk).flags.evaluate("new-invoice").value is True

    file = tmp_path / "flags.yaml"
    file.write_text(FLAGS.replace("new-invoice", "from-file"))
    call_command("config_import", str(file), tenant=tenant.slug, format="flagd")

    assert set(FeatureFlag.objects.values_list("key", flat=True)) == {"new-invoice", "from-file"}
