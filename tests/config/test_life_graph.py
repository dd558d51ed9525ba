"""The life of a flag through GraphQL: published, compared, undone, copied, tried."""

import json
from typing import Any

import pytest

from apps.config.models import FlagVersion
from apps.config.services.environments import create_environment, default
from apps.config.services.flags import create_flag
from kernel.idempotency.models import KeyedRequest
from kernel.testing.graphql import GraphQLClient
from tests.config.definitions import boolean, live

pytestmark = pytest.mark.usefixtures("tenant")

PUBLISH = """
mutation($input: PublishFeatureFlagInput!) {
  change: publishFeatureFlag(input: $input) {
    featureFlag { key type } version revision warnings { place code severity }
    error { code message } } }
"""


def change(graphql: GraphQLClient, name: str, answer: str, /, **told: Any) -> Any:
    kind = name[0].upper() + name[1:]
    document = f"""mutation($input: {kind}Input!) {{
        change: {name}(input: $input) {{ {answer} error {{ code message }} }} }}"""
    return graphql(document, input=told).data["change"]


def test_a_flag_is_published_and_refused_with_its_reason(graphql: GraphQLClient) -> None:
    flag = create_flag(key="dark-mode")
    told = {"id": str(flag.pk), "definition": boolean(), "baseVersion": 0, "reason": "first"}

    first = graphql(PUBLISH, input=told).data["change"]
    late = graphql(PUBLISH, input=told | {"definition": boolean("on")}).data["change"]
    bad = graphql(PUBLISH, input=told | {"definition": "{", "baseVersion": 1}).data["change"]

    assert first == {
        "featureFlag": {"key": "dark-mode", "type": "BOOLEAN"},
        "version": 1,
        "revision": 1,
        "warnings": [],
        "error": None,
    }
    assert late["error"] == {
        "code": "CONFLICT",
        "message": "'dark-mode' is at version 1, and this was made from version 0",
    }
    assert bad["error"]["code"] == "CONFIG_DEFINITION_REFUSED"
    assert bad["error"]["message"].startswith("/flags/dark-mode: ")


def test_history_tells_who_changed_what_and_why(graphql: GraphQLClient) -> None:
    flag = live("dark-mode")
    graphql(PUBLISH, input={"id": str(flag.pk), "definition": boolean("on"), "reason": "launch"})

    found = graphql(
        """query($id: ID!) {
          featureFlagVersions(filter: {flagIds: [$id]}, order: OLDEST_FIRST) {
            nodes { number origin reason authorName definition revision } }
          featureFlagDifferences(id: $id, before: 1, after: 2) { place before after } }""",
        id=str(flag.pk),
    ).data

    first, second = found["featureFlagVersions"]["nodes"]
    assert (first["number"], second["number"]) == (1, 2)
    assert second["definition"] == boolean("on")
    assert (second["origin"], second["reason"], second["revision"]) == ("EDIT", "launch", 2)
    assert second["authorName"] != first["authorName"]
    assert found["featureFlagDifferences"] == [
        {"place": "/defaultVariant", "before": "off", "after": "on"}
    ]


def test_going_back_is_a_new_version(graphql: GraphQLClient) -> None:
    flag = live("dark-mode")
    graphql(PUBLISH, input={"id": str(flag.pk), "definition": boolean("on")})

    back = change(graphql, "rollBackFeatureFlag", "version", id=str(flag.pk), version=1)
    none = change(graphql, "rollBackFeatureFlag", "version", id=str(flag.pk), version=9)

    assert back == {"version": 3, "error": None}
    newest = FlagVersion.objects.get(number=3)
    assert (newest.definition, newest.origin, newest.of_version) == (boolean(), "rollback", 1)
    assert none["error"]["code"] == "NOT_FOUND"


def test_a_flag_goes_from_one_environment_to_the_next(graphql: GraphQLClient) -> None:
    create_environment(key="staging")
    flag = live("dark-mode", boolean("on"), environment="staging")
    default()
    create_environment(key="production")
    compare = """{ environmentDifferences(before: "production", after: "staging") {
        kind key differences { place } } }"""

    before = graphql(compare).data["environmentDifferences"]
    copied = change(
        graphql,
        "copyFeatureFlag",
        "version revision",
        id=str(flag.pk),
        source="staging",
        environment="production",
    )
    after = graphql(compare).data["environmentDifferences"]

    assert [(one["kind"], one["key"]) for one in before] == [("flag", "dark-mode")]
    assert {one["place"] for one in before[0]["differences"]} == {
        "/state",
        "/variants",
        "/defaultVariant",
    }
    assert copied == {"version": 1, "revision": 1, "error": None}
    assert after == []


def test_an_environment_is_promoted_as_a_whole(graphql: GraphQLClient) -> None:
    staging = create_environment(key="staging")
    for key in ("a", "b", "c"):
        live(key, boolean("on"), environment="staging")
    target = create_environment(key="production")

    some = change(
        graphql,
        "copyEnvironment",
        "environment { key revision }",
        id=str(target.pk),
        source="staging",
        keys=["a"],
    )
    rest = change(
        graphql,
        "copyEnvironment",
        "environment { revision }",
        id=str(target.pk),
        source="staging",
    )

    assert some["environment"] == {"key": "production", "revision": 1}
    assert rest["environment"] == {"revision": 2}
    assert FlagVersion.objects.filter(environment_id=target.pk, origin="copy").count() == 3
    assert FlagVersion.objects.filter(environment_id=staging.pk).count() == 3


def test_staff_try_a_flag_before_it_is_published(graphql: GraphQLClient) -> None:
    live("dark-mode")
    split = boolean(targeting={"fractional": [["on", 50], ["off", 50]]})
    document = """query($definition: String, $contexts: [JSON!]!) {
      evaluateFeatureFlag(key: "dark-mode", contexts: $contexts, definition: $definition) {
        value variant reason errorCode revision bucketing steps { place operator detail } } }"""
    contexts = [{"targetingKey": "ann"}, {}]

    now = graphql(document, contexts=contexts).data["evaluateFeatureFlag"]
    tried = graphql(document, contexts=contexts, definition=split).data["evaluateFeatureFlag"]
    wrong = graphql(document, contexts=["x"])

    assert [(one["variant"], one["reason"]) for one in now] == [("off", "STATIC")] * 2
    assert (tried[0]["reason"], tried[1]["reason"]) == ("TARGETING_MATCH", "DEFAULT")
    [step] = tried[0]["steps"]
    assert (step["place"], step["operator"]) == (
        "/flags/dark-mode/targeting/fractional",
        "fractional",
    )
    assert step["detail"]["of"] == 100
    assert wrong.codes == ["INVALID_INPUT"]


def test_a_dry_run_tells_all_that_is_wrong(graphql: GraphQLClient) -> None:
    live("other")
    document = """query($definition: String!) {
      validateFeatureFlag(key: "dark-mode", definition: $definition) {
        place code severity } }"""
    definition = json.dumps(
        {
            "state": "ENABLED",
            "variants": {"on": True, "off": 1},
            "defaultVariant": "none",
            "targeting": {"if": [{"nope": 1}, "on"]},
            "colour": "red",
        }
    )

    found = graphql(document, definition=definition).data["validateFeatureFlag"]
    fine = graphql(document, definition=boolean()).data["validateFeatureFlag"]

    assert {(one["place"], one["severity"]) for one in found} == {
        ("/flags/dark-mode/variants/off", "ERROR"),
        ("/flags/dark-mode/defaultVariant", "ERROR"),
        ("/flags/dark-mode/targeting/if/0", "ERROR"),
        ("/flags/dark-mode/colour", "WARNING"),
    }
    assert fine == []


def test_segments_are_filled_in_bulk(graphql: GraphQLClient) -> None:
    made = change(graphql, "createSegment", "segment { id }", key="beta")
    id_ = made["segment"]["id"]
    add = [f"user-{number}" for number in range(5_000)]

    first = change(graphql, "changeSegmentMembers", "version", id=id_, add=add)
    second = change(
        graphql,
        "changeSegmentMembers",
        "version",
        id=id_,
        add=["user-1", "ann"],
        remove=["user-2"],
        baseVersion=1,
    )
    late = change(graphql, "changeSegmentMembers", "version", id=id_, add=["eve"], baseVersion=1)
    many = change(graphql, "changeSegmentMembers", "version", id=id_, add=["x"] * 10_001)

    definition = graphql("{ segmentVersions(first: 1) { nodes { definition } } }").data
    members = json.loads(definition["segmentVersions"]["nodes"][0]["definition"])["members"]
    assert (first["version"], second["version"]) == (1, 2)
    assert len(members) == 5_000
    assert (members[-1], "user-2" in members) == ("ann", False)
    assert late["error"]["code"] == "CONFLICT"
    assert many["error"]["code"] == "LIMIT_EXCEEDED"


def test_a_key_is_shown_once_and_never_kept(graphql: GraphQLClient) -> None:
    there = default()

    told = {"environmentId": str(there.pk), "name": "web", "idempotencyKey": "k"}
    made = change(graphql, "createEnvironmentKey", "secret environmentKey { id prefix }", **told)
    again = change(graphql, "createEnvironmentKey", "secret", **told)
    rotated = change(
        graphql, "rotateEnvironmentKey", "secret", id=made["environmentKey"]["id"], graceSeconds=60
    )
    listed = graphql("{ environmentKeys { nodes { name kind prefix environmentId } } }")

    assert made["secret"].startswith(f"septet_server_{made['environmentKey']['prefix']}_")
    assert (again["secret"], made["secret"] == rotated["secret"]) == (None, False)
    assert listed.data["environmentKeys"]["nodes"][0]["environmentId"] == str(there.pk)
    assert made["secret"][30:] not in json.dumps(listed.body)
    assert made["secret"] not in json.dumps(KeyedRequest.objects.get().outcome)


def test_flags_are_found_by_what_is_said_of_them(graphql: GraphQLClient) -> None:
    create_flag(key="dark-mode", tags=["web", "ui"], owner="anna")
    create_flag(key="new-search", description="Search the archive", client_visible=True)
    archived = live("old")
    change(graphql, "archiveFeatureFlag", "featureFlag { archivedAt }", id=str(archived.pk))
    document = """query($filter: FeatureFlagFilter) {
        featureFlags(filter: $filter, order: KEY) { nodes { key } } }"""

    def found(**wanted: Any) -> list[str]:
        nodes = graphql(document, filter=wanted).data["featureFlags"]["nodes"]
        return [node["key"] for node in nodes]

    assert found(tag="ui") == ["dark-mode"]
    assert found(tag="u") == []
    assert found(owner="anna") == ["dark-mode"]
    assert found(text="ARCHIVE") == ["new-search"]
    assert found(archived=True) == found(type="BOOLEAN") == ["old"]
    assert found(archived=False, clientVisible=True) == ["new-search"]


@pytest.mark.parametrize(
    "tags", [["UPPER"], ['a"b'], ["x" * 61], [""], [f"t{number}" for number in range(21)]]
)
def test_what_is_no_tag_is_refused(graphql: GraphQLClient, tags: list[str]) -> None:
    made = change(graphql, "createFeatureFlag", "featureFlag { id }", key="a", tags=tags)

    assert made["error"]["code"] == "INVALID_INPUT"
