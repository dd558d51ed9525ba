"""Configuration through GraphQL, as clients read and change it."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from apps.config.domain.configuration.layering import Layer
from apps.config.models import Configuration, ConfigurationVersion
from apps.config.selectors.places import place_at
from apps.config.services.configurations import create_configuration
from apps.config.services.values import Saying, say
from kernel.identity.models import Tenant
from kernel.tenancy.context import Principal, acting_as, in_tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant

CREATE = """
mutation($input: CreateConfigurationInput!) { change: createConfiguration(input: $input) {
  configuration { id key type schema secret merge shared } error { code message } } }
"""
UPDATE = """
mutation($input: UpdateConfigurationInput!) { change: updateConfiguration(input: $input) {
  configuration { key schema description } error { code message } } }
"""
DELETE = """
mutation($input: DeleteConfigurationInput!) { change: deleteConfiguration(input: $input) {
  configuration { key } error { code message } } }
"""
SET = """
mutation($input: SetConfigurationValuesInput!) { change: setConfigurationValues(input: $input) {
  revision changed { key version } error { code message } } }
"""
ROLL_BACK = """
mutation($input: RollBackConfigurationValueInput!) {
  change: rollBackConfigurationValue(input: $input) {
    revision changed { key version } error { code message } } }
"""
IMPORT = """
mutation($input: ImportConfigurationValuesInput!) {
  change: importConfigurationValues(input: $input) {
    revision changed { key version } error { code message } } }
"""
VALUES = """
query($environment: String, $service: String, $layer: ConfigurationLayer) {
  configurationValues(environment: $environment, service: $service, layer: $layer) {
    revision staleSince
    values { key type value encrypted origin origins { path layer } version } } }
"""
VERSIONS = """
query($key: String!, $first: Int, $before: Int) {
  configurationVersions(
    key: $key, environment: "production", first: $first, before: $before
  ) { number value removed encrypted origin ofVersion reason
      differences { path verb before after } } }
"""
CHECK = """
query($values: [ConfigurationValueInput!]!) {
  checkConfigurationValues(values: $values, environment: "production") { code findings } }
"""
SETTINGS = "{ dynamicSettings { key value } }"
FOR_SERVICES = "{ dynamicSettingValues(after: -1) { revision values } }"


def change(graphql: GraphQLClient, document: str, **told: Any) -> Any:
    return graphql(document, input=told).data["change"]


def says(graphql: GraphQLClient, key: str, value: Any, **told: Any) -> Any:
    one = {"key": key, "value": value}
    if "baseVersion" in told:
        one["baseVersion"] = told.pop("baseVersion")
    return change(graphql, SET, environment="production", values=[one], **told)


def test_a_value_is_said_read_with_its_origin_and_undone(graphql: GraphQLClient) -> None:
    made = change(graphql, CREATE, key="limits", type="OBJECT", merge=True)
    says(graphql, "limits", {"a": 1.0, "b": {"c": [1]}}, baseVersion=0)
    says(graphql, "limits", {"b": None}, service="billing", layer="SERVICE")
    second = says(graphql, "limits", {"a": 2}, baseVersion=1, reason="less")
    undone = change(
        graphql, ROLL_BACK, environment="production", key="limits", version=1, baseVersion=2
    )

    assert made["configuration"] | {"id": ""} == {
        "id": "",
        "key": "limits",
        "type": "OBJECT",
        "schema": None,
        "secret": False,
        "merge": True,
        "shared": False,
    }
    assert second == {
        "revision": 3,
        "changed": [{"key": "limits", "version": 2}],
        "error": None,
    }
    assert undone["changed"] == [{"key": "limits", "version": 3}]
    found = graphql(VALUES, environment="production", service="billing").data
    assert found["configurationValues"] == {
        "revision": 4,
        "staleSince": None,
        "values": [
            {
                "key": "limits",
                "type": "OBJECT",
                "value": {"a": 1.0},
                "encrypted": False,
                "origin": "SERVICE",
                "origins": [{"path": "/a", "layer": "TENANT"}],
                "version": 1,
            }
        ],
    }
    history = graphql(VERSIONS, key="limits", first=2).data["configurationVersions"]
    assert [(one["number"], one["origin"], one["ofVersion"]) for one in history] == [
        (3, "rollback", 1),
        (2, "edit", None),
    ]
    assert history[1]["differences"] == [
        {"path": "/a", "verb": "changed", "before": 1.0, "after": 2},
        {"path": "/b", "verb": "removed", "before": {"c": [1]}, "after": None},
    ]
    assert graphql(VERSIONS, key="limits", before=2).data["configurationVersions"][0]["number"] == 1


def test_a_lost_update_is_a_conflict(graphql: GraphQLClient) -> None:
    change(graphql, CREATE, key="a", type="INTEGER")
    says(graphql, "a", 1)

    refused = says(graphql, "a", 2, baseVersion=0)

    assert refused == {
        "revision": None,
        "changed": None,
        "error": {
            "code": "CONFLICT",
            "message": "'a' is at version 1 here, the change was made from 0",
        },
    }
    assert ConfigurationVersion.objects.count() == 1


def test_it_is_checked_without_being_said(graphql: GraphQLClient) -> None:
    change(graphql, CREATE, key="port", type="INTEGER", schema={"maximum": 65535})
    good, bad = {"key": "port", "value": 25}, {"key": "port", "value": 70_000}

    checked = [
        graphql(CHECK, values=values).data["checkConfigurationValues"]
        for values in ([good], [bad], [{"key": "none", "value": 1}])
    ]

    assert checked == [
        {"code": None, "findings": []},
        {
            "code": "CONFIG_DEFINITION_REFUSED",
            "findings": ["/port: 70000 is greater than the maximum of 65535"],
        },
        {"code": "NOT_FOUND", "findings": []},
    ]
    assert ConfigurationVersion.objects.count() == 0


def test_values_are_imported_with_what_is_missing(graphql: GraphQLClient) -> None:
    values = {"mail.host": "a", "retries": 3, "ratio": 1.0, "on": True, "tags": [], "o": {}}
    whole = {"environment": "production", "values": values}

    refused = change(graphql, IMPORT, **whole)
    done = change(graphql, IMPORT, createMissing=True, **whole)
    again = change(graphql, IMPORT, **whole)

    assert refused["error"]["code"] == "NOT_FOUND"
    assert {one["key"]: one["version"] for one in done["changed"]} == dict.fromkeys(values, 1)
    assert {one["version"] for one in again["changed"]} == {None}
    found = graphql(VALUES, environment="production").data["configurationValues"]
    assert {one["key"]: one["value"] for one in found["values"]} == values


@pytest.mark.parametrize("values", [[1], "text", None, {"a/b": 1}, {"a": None}])
def test_an_import_that_means_nothing_is_refused_whole(graphql: GraphQLClient, values: Any) -> None:
    result = graphql(
        IMPORT, input={"environment": "production", "values": values, "createMissing": True}
    )

    assert result.codes or result.data["change"]["error"]["code"] == "INVALID_INPUT"
    assert Configuration.objects.count() == 0


LITERAL = """
mutation { change: %s(input: {environment: "production", values: %s}) { error { code } } }
"""


def test_integers_that_json_parsers_do_not_agree_on_are_refused(graphql: GraphQLClient) -> None:
    change(graphql, CREATE, key="a", type="INTEGER")

    answers = [
        graphql(LITERAL % (name, values)).data["change"]["error"]["code"]
        for name, values in (
            ("setConfigurationValues", f'[{{key: "a", value: {2**70}}}]'),
            ("importConfigurationValues", f"{{a: {2**70}}}"),
        )
    ]

    assert answers == ["INVALID_INPUT"] * 2
    assert ConfigurationVersion.objects.count() == 0


def test_keys_that_are_none_are_not_found(graphql: GraphQLClient) -> None:
    for key in ("", "a/b", "\U0001f600", "a" * 300):
        assert says(graphql, key, 1)["error"]["code"] == "NOT_FOUND"
        assert graphql(VERSIONS, key=key).data["configurationVersions"] == []


def test_a_secret_takes_a_scope_and_is_shown_to_nobody(
    graphql: GraphQLClient, tenant: Tenant
) -> None:
    change(graphql, CREATE, key="password", type="STRING", secret=True)
    writer = GraphQLClient(make_key(tenant, "config:read", "config:write").secret, graphql.path)

    refused = writer(
        SET,
        input={"environment": "production", "values": [{"key": "password", "value": "hunter2"}]},
    )
    says(graphql, "password", "hunter2")

    assert refused.codes == ["FORBIDDEN"]
    found = graphql(VALUES, environment="production").body
    history = graphql(VERSIONS, key="password").body
    assert "hunter2" not in str(found) + str(history)
    [one] = found["data"]["configurationValues"]["values"]
    assert (one["value"], one["encrypted"], one["version"]) == (None, True, 1)
    [version] = history["data"]["configurationVersions"]
    assert (version["value"], version["encrypted"], version["differences"]) == (None, True, [])


@pytest.mark.parametrize("document", [SET, ROLL_BACK, IMPORT])
@pytest.mark.parametrize("layer", ["GLOBAL", "ENVIRONMENT"])
def test_a_tenant_says_nothing_for_the_installation(
    graphql: GraphQLClient, document: str, layer: str
) -> None:
    told: dict[str, Any] = {"layer": layer}
    if layer == "ENVIRONMENT":
        told["environment"] = "production"
    told |= {"key": "a", "version": 1} if document == ROLL_BACK else {"values": []}
    if document == IMPORT:
        told["values"] = {}

    assert graphql(document, input=told).codes == ["FORBIDDEN"]
    assert graphql(VALUES, **{k: v for k, v in told.items() if k in ("layer", "environment")}).codes


@pytest.mark.parametrize("document", [SETTINGS, FOR_SERVICES])
def test_dynamic_settings_are_for_operators(graphql: GraphQLClient, document: str) -> None:
    assert graphql(document).codes == ["FORBIDDEN"]


def test_another_tenant_reads_and_changes_nothing_of_it(graphql: GraphQLClient) -> None:
    made = change(graphql, CREATE, key="a", type="INTEGER")
    says(graphql, "a", 1)
    other = GraphQLClient(make_key(make_tenant()).secret, graphql.path)
    row_id = made["configuration"]["id"]

    assert other(VALUES, environment="production").data["configurationValues"]["values"] == []
    assert other(VERSIONS, key="a").data["configurationVersions"] == []
    assert says(other, "a", 2)["error"]["code"] == "NOT_FOUND"
    assert change(other, UPDATE, id=row_id, description="x")["error"]["code"] == "NOT_FOUND"
    assert change(other, DELETE, id=row_id)["error"]["code"] == "NOT_FOUND"
    assert Configuration.objects.get().description == ""


@pytest.mark.parametrize(
    ("scopes", "codes"), [(["config:read"], ["FORBIDDEN"]), (["audit:write"], ["FORBIDDEN"])]
)
def test_changing_takes_the_scope(
    graphql: GraphQLClient, tenant: Tenant, scopes: list[str], codes: list[str]
) -> None:
    reader = GraphQLClient(make_key(tenant, *scopes).secret, graphql.path)

    assert reader(SET, input={"environment": "production", "values": []}).codes == codes
    assert GraphQLClient("", graphql.path)(VALUES, environment="production").codes == [
        "UNAUTHENTICATED"
    ]


def test_a_shared_one_is_seen_by_tenants_and_changed_by_operators(
    graphql: GraphQLClient, tenant: Tenant
) -> None:
    operator = User.objects.create_user("operator", is_staff=True)
    operator.user_permissions.add(Permission.objects.get(codename="change_configuration"))
    staff = Principal(
        kind="staff", id=str(operator.pk), name="o", tenant_id=tenant.pk, scopes=frozenset(("*",))
    )
    with acting_as(staff), in_tenant(tenant.pk):
        made = create_configuration(key="mail.host", type="string", shared=True)
        say(place_at(Layer.GLOBAL), [Saying(key="mail.host", value='"a"')])

    [one] = graphql(VALUES, environment="production").data["configurationValues"]["values"]

    assert (one["key"], one["value"], one["origin"]) == ("mail.host", "a", "GLOBAL")
    assert change(graphql, DELETE, id=str(made.pk))["error"]["code"] == "NOT_FOUND"
    assert change(graphql, CREATE, key="mail.host", type="STRING")["error"]["code"] == "CONFLICT"
    assert says(graphql, "mail.host", "b")["changed"] == [{"key": "mail.host", "version": 1}]


def test_an_idempotency_key_says_it_once(graphql: GraphQLClient) -> None:
    change(graphql, CREATE, key="a", type="INTEGER")

    answers = [says(graphql, "a", 1, idempotencyKey="k") for _ in range(2)]

    assert answers[0] == answers[1]
    assert answers[0]["changed"] == [{"key": "a", "version": 1}]


def test_many_values_are_read_by_as_many_queries_as_few(graphql: GraphQLClient) -> None:
    many = {f"k{number}": number for number in range(50)}
    change(graphql, IMPORT, environment="production", values={"k0": 0}, createMissing=True)
    few = len(graphql.sql(VALUES, environment="production"))
    change(graphql, IMPORT, environment="production", values=many, createMissing=True)

    assert len(graphql.sql(VALUES, environment="production")) == few
