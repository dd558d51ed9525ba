"""Flags of other systems into rows, and out to others: by graph, command and HTTP."""

import contextlib
import json
from io import StringIO
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from jwt.api_jws import PyJWS
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext

from apps.config.domain.importing.formats import Format, Source
from apps.config.errors import DefinitionRefusedError
from apps.config.models import FeatureFlag, FlagVersion, KeyKind, Segment
from apps.config.services.environments import create_environment, default
from apps.config.services.flags import archive_flag
from apps.config.services.importing import import_flags
from apps.config.services.snapshots import snapshots
from kernel.errors import InvalidInputError
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant
from tests.config.definitions import boolean, live
from tests.config.wire import bearer, key_of

pytestmark = [pytest.mark.usefixtures("tenant"), pytest.mark.django_db(transaction=True)]

DATA = Path(__file__).parents[1] / "data"
FILE = "/config/api/flags/flagd.json"
IMPORT = """
mutation($input: ImportFeatureFlagsInput!) {
  change: importFeatureFlags(input: $input) {
    environment { key revision } published report { key outcome message } error { code message } } }
"""
EXPORT = """
query($format: FeatureFlagTarget!, $environment: String) {
  found: featureFlagsDocument(format: $format, environment: $environment) {
    document signature revision report { key outcome message } } }
"""
FLAGD: dict[str, Any] = {
    "$evaluators": {"staff": {"ends_with": [{"var": "email"}, "@example.com"]}},
    "metadata": {"team": "billing"},
    "flags": {
        "ratio": {"state": "ENABLED", "variants": {"one": 1.0}, "defaultVariant": "one"},
        "staff": {
            "state": "ENABLED",
            "variants": {"on": True, "off": False},
            "defaultVariant": "off",
            "targeting": {"if": [{"$ref": "staff"}, "on"]},
        },
        "share": {
            "state": "ENABLED",
            "variants": {"on": True, "off": False},
            "defaultVariant": "off",
            "targeting": {"fractional": [["on", 50], ["off", 50]]},
        },
        "broken": {"state": "ENABLED", "variants": {}, "defaultVariant": "x"},
    },
}


def bring(document: Any, origin: str = "flagd", **more: Any) -> Any:
    source = Source(format=Format(origin), bucketing="flagd-v2")
    return import_flags(more.pop("environment", None), json.dumps(document), source, **more)


def test_a_document_is_published_as_one_change(tenant: Tenant) -> None:
    made = bring(FLAGD, reason="we move")

    found = snapshots.get(tenant.pk)
    assert (made.published, made.revision, found.revision) == (4, 1, 1)
    assert {line.key: line.outcome for line in made.report} == {
        "ratio": "imported",
        "staff": "imported",
        "share": "imported",
        "broken": "not representable",
    }
    assert list(Segment.objects.values_list("key", flat=True)) == ["staff"]
    versions = FlagVersion.objects.values_list("origin", "reason", "revision").distinct()
    assert list(versions) == [("import", "we move", 1)]
    assert repr(found.flags.evaluate("ratio").value) == "1.0"
    assert found.flags.evaluate("staff", {"email": "a@example.com"}).value is True
    assert found.definition.flags["share"]["bucketing"] == "flagd-v2"


def test_a_dry_run_tells_the_same_and_changes_nothing(tenant: Tenant) -> None:
    default()
    dry = bring(FLAGD, dry_run=True)

    assert FeatureFlag.objects.count() == Segment.objects.count() == 0
    assert (dry.revision, snapshots.get(tenant.pk).revision) == (0, 0)
    assert list(snapshots.get(tenant.pk).flags) == []
    assert (dry.report, dry.published) == (bring(FLAGD).report, 4)


def test_again_it_publishes_what_is_otherwise_alone() -> None:
    bring(FLAGD)
    again = bring(FLAGD)
    changed = bring({"flags": {"ratio": {**FLAGD["flags"]["ratio"], "variants": {"one": 2.0}}}})

    assert (again.published, again.revision) == (0, 1)
    assert (changed.published, changed.revision) == (1, 2)


def test_what_programs_know_as_something_else_is_left_out() -> None:
    live("ratio")
    archive_flag(id=str(live("share").pk))

    made = bring(FLAGD)

    told = {line.key: (line.outcome, line.message) for line in made.report}
    assert told["ratio"] == (
        "not representable",
        "to programs the flag is a boolean, and these are a number",
    )
    assert told["share"] == ("not representable", "there is an archived flag of this key")
    assert told["staff"][0] == "imported"


def test_a_flag_that_needs_one_that_is_left_out_is_left_out_too() -> None:
    needs = json.loads(boolean(targeting={"if": [{"septet.flag": "broken"}, "on"]}))
    made = bring({"flags": {"needs": needs, "broken": FLAGD["flags"]["broken"]}})

    assert {line.key for line in made.report if line.outcome == "not representable"} == {
        "needs",
        "broken",
    }
    assert made.published == 0


@pytest.mark.parametrize(
    ("origin", "document", "context", "value"),
    [
        (
            "unleash",
            {
                "segments": [
                    {
                        "id": 1,
                        "constraints": [
                            {"contextName": "plan", "operator": "IN", "values": ["pro"]}
                        ],
                    }
                ],
                "features": [
                    {
                        "name": "f",
                        "enabled": True,
                        "strategies": [{"name": "default", "segments": [1]}],
                    }
                ],
            },
            {"plan": "pro"},
            True,
        ),
        (
            "flagsmith",
            {
                "environment": {"key": "e", "name": "E"},
                "features": {"f": {"key": "1", "name": "f", "enabled": True, "value": "v"}},
                "segments": {},
            },
            {},
            "v",
        ),
        ("growthbook", {"features": {"f": {"defaultValue": True}}}, {}, True),
        (
            "launchdarkly",
            {
                "flags": {
                    "f": {
                        "on": True,
                        "variations": ["a", "b"],
                        "fallthrough": {"variation": 0},
                        "rules": [
                            {
                                "clauses": [{"op": "segmentMatch", "values": ["beta"]}],
                                "variation": 1,
                            }
                        ],
                    }
                },
                "segments": {"beta": {"key": "beta", "included": ["ann"], "rules": []}},
            },
            {"targetingKey": "ann"},
            "b",
        ),
    ],
)
def test_every_format_ends_as_rows_that_answer(
    tenant: Tenant, origin: str, document: Any, context: Any, value: Any
) -> None:
    bring(document, origin)

    assert snapshots.get(tenant.pk).flags.evaluate("f", context).value == value


@pytest.mark.parametrize("origin", Format)
@pytest.mark.parametrize(
    "document", [[], {"flags": 7}, {"features": [1]}, {"items": "x"}, {"data": 1}]
)
def test_what_is_no_document_is_refused_and_breaks_nothing(origin: Format, document: Any) -> None:
    published = 0
    with contextlib.suppress(InvalidInputError, DefinitionRefusedError):
        published = bring(document, origin).published

    assert (published, FeatureFlag.objects.count()) == (0, 0)


def test_it_is_done_through_the_graph(graphql: GraphQLClient, tenant: Tenant) -> None:
    create_environment(key="production")
    sent = {"format": "FLAGD", "document": json.dumps(FLAGD)}
    dry = graphql(IMPORT, input={**sent, "dryRun": True}).data["change"]
    made = graphql(IMPORT, input={**sent, "idempotencyKey": "once"}).data["change"]
    again = graphql(IMPORT, input={**sent, "idempotencyKey": "once"}).data["change"]
    refused = graphql(IMPORT, input={**sent, "document": "{"}).data["change"]

    assert (dry["published"], dry["environment"]) == (4, {"key": "production", "revision": 0})
    assert (made["published"], made["environment"]["revision"]) == (4, 1)
    assert made["report"] == dry["report"] == again["report"]
    assert made["report"][-1] == {
        "key": "broken",
        "outcome": "LEFT_OUT",
        "message": made["report"][-1]["message"],
    }
    assert refused["error"]["code"] == "CONFIG_DEFINITION_REFUSED"


def test_others_neither_import_nor_export(tenant: Tenant) -> None:
    live("dark-mode")
    reader = GraphQLClient(make_key(tenant, "config:read").secret, "/config/graphql")
    sent = {"format": "FLAGD", "document": "{}"}
    assert reader(IMPORT, input=sent).codes == ["FORBIDDEN"]
    writer = GraphQLClient(make_key(tenant, "config:write").secret, "/config/graphql")
    assert writer(EXPORT, format="FLAGD").codes == ["FORBIDDEN"]
    stranger = GraphQLClient(make_key(make_tenant("other")).secret, "/config/graphql")
    assert stranger(EXPORT, format="FLAGD").codes == ["NOT_FOUND"]


def test_flagd_serves_what_is_exported_as_we_do(graphql: GraphQLClient, tenant: Tenant) -> None:
    bring(FLAGD)
    bring(
        {
            "flags": {
                "own": json.loads(
                    boolean(targeting={"if": [{"septet.regex": [{"var": "a"}, "x"]}, "on"]})
                )
            }
        }
    )
    found = graphql(EXPORT, format="FLAGD").data["found"]
    core = FlagdCore()
    core.set_flags(found["document"])

    ours = snapshots.get(tenant.pk).flags
    for email in ("a@example.com", "b@example.org"):
        context = EvaluationContext("ann", {"email": email})
        theirs = core.resolve_boolean_value("staff", False, context)
        expected = ours.evaluate("staff", {"targetingKey": "ann", "email": email})
        assert (theirs.value, theirs.variant) == (expected.value, expected.variant)
    assert core.resolve_float_value("ratio", 0.0, EvaluationContext("ann")).value == 1.0
    told = {line["key"]: (line["outcome"], line["message"]) for line in found["report"]}
    assert told["own"] == ("LEFT_OUT", "flagd has no septet.regex")
    assert told["share"] == ("CHANGED", "hashed by flagd-v2 here and by flagd-v3 there")


@pytest.mark.parametrize(
    ("target", "there", "back"),
    # Flagsmith has no numbers with a part: what is a text there cannot become a number again.
    [("growthbook", "features", {"ratio", "staff"}), ("flagsmith", "project", {"staff"})],
)
def test_what_is_exported_for_others_is_imported_as_it_was(
    graphql: GraphQLClient, tenant: Tenant, tmp_path: Path, target: str, there: str, back: set[str]
) -> None:
    bring(FLAGD)
    create_environment(key="staging")
    file, said = tmp_path / "flags.json", StringIO()

    options = {"tenant": tenant.slug, "format": target}
    call_command("config_export", str(file), **options, stderr=said)
    found = graphql(EXPORT, format=target.upper()).data["found"]
    bring(json.loads(file.read_text()), target, environment="staging")

    assert there in json.loads(found["document"])
    assert json.loads(found["document"]) == json.loads(file.read_text())
    told = {line["key"]: line["outcome"] for line in found["report"]}
    ratio = "IMPORTED" if "ratio" in back else "CHANGED"
    assert told == {"ratio": ratio, "staff": "IMPORTED", "share": "LEFT_OUT"}
    assert "share: not representable: fractional puts other users into its" in said.getvalue()
    flags = snapshots.get(tenant.pk, "staging").flags
    assert set(flags) == back
    assert flags.evaluate("staff", {"email": "a@example.com"}).value is True
    assert flags.evaluate("staff", {"email": "a@example.org"}).value is False


def verified(content: bytes, signature: str) -> bytes:
    """Return the content if one of the published keys has signed it."""
    keys = jwt.PyJWKSet.from_dict(Client().get("/.well-known/jwks.json").json())
    kid = jwt.get_unverified_header(signature)["kid"]
    decoded = PyJWS().decode_complete(
        signature, keys[kid].key, algorithms=["EdDSA"], detached_payload=content
    )
    found: bytes = decoded["payload"]
    return found


def test_the_file_over_http_is_signed_and_fetched_by_its_tag() -> None:
    live("dark-mode")
    key = key_of()

    first = Client().get(FILE, headers=bearer(key))
    again = Client().get(FILE, headers={**bearer(key), "If-None-Match": first["ETag"]})

    assert verified(first.content, first["X-Septet-Signature"]) == first.content
    with pytest.raises(jwt.InvalidSignatureError):
        verified(first.content + b" ", first["X-Septet-Signature"])
    assert first.json()["metadata"] == {"environment": "production", "revision": 1}
    assert again.status_code == 304
    live("other")
    changed = Client().get(FILE, headers={**bearer(key), "If-None-Match": first["ETag"]})
    assert list(changed.json()["flags"]) == ["dark-mode", "other"]


def test_the_file_is_for_server_keys_alone(tenant: Tenant) -> None:
    live("dark-mode")

    assert Client().get(FILE).status_code == 401
    assert Client().get(FILE, headers=bearer(key_of(KeyKind.CLIENT))).status_code == 403
    reader = make_key(tenant, "config:read").secret
    assert Client().get(FILE, headers=bearer(reader)).status_code == 403
    assert Client().post(FILE, headers=bearer(key_of())).status_code == 405
    odd = Client().get(f"{FILE}?bucketing=v9", headers=bearer(key_of()))
    assert odd.json()["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


def test_commands_export_and_import_a_file(tenant: Tenant, tmp_path: Path) -> None:
    bring(FLAGD)
    create_environment(key="staging")
    file, said = tmp_path / "flags.json", StringIO()

    call_command("config_export", str(file), tenant=tenant.slug, stderr=StringIO())
    options = {"tenant": tenant.slug, "format": "flagd", "environment": "staging", "stderr": said}
    call_command("config_import", str(file), **options, dry_run=True, stdout=StringIO())
    out = StringIO()
    call_command("config_import", str(file), **options, stdout=out, json=True)

    assert verified(file.read_bytes(), Path(f"{file}.jws").read_text()) == file.read_bytes()
    assert said.getvalue().splitlines() == [
        "staging: 4 would be published, 3 of them as they were; revision 0",
        "staging: 4 published, 3 of them as they were; revision 1",
    ]
    assert {json.loads(line)["key"] for line in out.getvalue().splitlines()} == {
        "ratio",
        "staff",
        "share",
    }
    with pytest.raises(CommandError, match="No such file"):
        call_command("config_import", str(tmp_path / "none"), **options)
    with pytest.raises(CommandError, match="no environment nowhere"):
        call_command("config_export", "-", tenant=tenant.slug, environment="nowhere")
