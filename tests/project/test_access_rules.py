"""Rules on columns and rows hold for reads by either path, filters, orders and changes."""

from dataclasses import replace
from typing import Any

import graphene
import pytest
from django.db.models import Q

from apps.audit.domain.entries import Target
from apps.audit.models import AuditLog
from apps.audit.services.recording import record
from apps.files.models import File
from apps.files.services import create_file
from apps.notifications.models import Notification, NotificationChannel
from apps.notifications.services import create_notification
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.execution import Endpoint
from kernel.federation.subgraph import build_subgraph
from kernel.identity.models import Tenant
from kernel.tenancy.context import Principal
from kernel.testing.graphql import GraphQLClient, Result
from kernel.testing.tenants import make_key
from tests.audit.factories import an_entry

RECIPIENT = "ada@example.com"


@pytest.fixture(params=["compiled", "executed"])
def either_path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer by plans where there are some, and then by the executor alone."""
    if request.param == "executed":
        monkeypatch.setattr(Endpoint, "_by_plan", lambda *_: None)


@pytest.fixture
def notification(tenant: Tenant) -> Notification:
    return create_notification(
        recipient=RECIPIENT, channel=NotificationChannel.EMAIL, subject="Hello"
    )


def reader(tenant: Tenant, *scopes: str) -> GraphQLClient:
    return GraphQLClient(make_key(tenant, "notifications:read", *scopes).secret)


READS = (
    "{ found: notifications { nodes { subject recipient } } }",
    "{ found: notifications { edges { node { subject recipient } } } }",
    '{ found: notification(id: "$id") { subject recipient } }',
    "{ found: notifications { nodes { ... on Notification { address: recipient subject } } } }",
    """{ found: _entities(representations: [{__typename: "Notification", id: "$id"}])
        { ... on Notification { recipient subject } } }""",
)


@pytest.mark.usefixtures("either_path")
@pytest.mark.parametrize("document", READS)
def test_a_column_with_a_scope_of_its_own_is_null_without_it_and_the_rest_is_told(
    tenant: Tenant,
    notification: Notification,
    document: str,
) -> None:
    text = document.replace("$id", str(notification.pk))
    path = "/notifications/graphql" if "_entities" in document else "/graphql"

    def ask(*scopes: str) -> Result:
        client = reader(tenant, *scopes)
        client.path = path
        return client(text)

    without, with_scope = ask(), ask("notifications:personal")

    assert without.codes == ["FORBIDDEN"]
    assert RECIPIENT not in str(without.body)
    assert "Hello" in str(without.body["data"])
    assert "notifications:personal" in without.body["errors"][0]["message"]
    assert RECIPIENT in str(with_scope.data)


@pytest.mark.parametrize("more", [{"recipient": RECIPIENT}, {"recipient": "somebody@else.example"}])
def test_such_a_column_is_no_filter_without_its_scope_either(
    tenant: Tenant, notification: Notification, more: dict[str, str]
) -> None:
    document = """query($filter: NotificationFilter) {
        notifications(filter: $filter) { totalCount } }"""

    refused = reader(tenant)(document, filter=more)
    allowed = reader(tenant, "notifications:personal")(document, filter=more)

    assert refused.codes == ["FORBIDDEN"]
    assert allowed.data["notifications"]["totalCount"] == (more["recipient"] == RECIPIENT)


def test_such_a_column_is_no_order_without_its_scope_either(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_file(name="a", content_type="text/csv", size_bytes=1)
    access = replace(File.access, columns={"name": "files:write"})
    monkeypatch.setattr(File, "access", access)
    document = "{ files(order: NAME) { edges { cursor } } }"

    refused = GraphQLClient(make_key(tenant, "files:read").secret)(document)
    allowed = GraphQLClient(make_key(tenant, "files:*").secret)(document)

    assert refused.codes == ["FORBIDDEN"]
    assert len(allowed.data["files"]["edges"]) == 1


def test_who_may_write_but_not_read_such_a_column_writes_it_and_sees_it_not(
    tenant: Tenant,
) -> None:
    client = GraphQLClient(make_key(tenant, "notifications:write").secret)

    result = client(
        f"""mutation {{ createNotification(input: {{recipient: "{RECIPIENT}", channel: EMAIL,
        subject: "Hello"}}) {{ notification {{ recipient }} error {{ code }} }} }}"""
    )

    assert result.codes == ["FORBIDDEN"]
    assert result.body["data"]["createNotification"] == {
        "notification": {"recipient": None},
        "error": None,
    }
    assert Notification.objects.get().recipient == RECIPIENT


def test_a_column_with_a_scope_of_its_own_has_to_be_nullable_in_the_graph(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(File, "access", replace(File.access, columns={"name": "files:write"}))

    @key("id")
    class Sheet(Entity):
        class Meta:
            model = File
            name = "Sheet"
            fields = ("id", "name")
            skip_registry = True

    class Query(graphene.ObjectType):  # type: ignore[misc]  # graphene is untyped
        sheet = graphene.Field(Sheet)

    with pytest.raises(TypeError, match="name takes a scope of its own"):
        build_subgraph("sheets", query=Query, entities=[Sheet])


@pytest.fixture
def own_rows_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a key see the files that bear its id; all of them, if it may write."""

    def own(principal: Principal) -> Q | None:
        return None if principal.may("tenant:admin") else Q(name=principal.id)

    monkeypatch.setattr(File, "access", replace(File.access, rows=own))


ROWS_READ = """{ files { totalCount nodes { name } } own: file(id: "$own") { name }
    _entities(representations: [{__typename: "File", id: "$other"}]) { ... on File { name } } }"""


@pytest.mark.usefixtures("either_path", "own_rows_only")
def test_a_row_rule_holds_for_lists_counts_single_rows_and_entities(tenant: Tenant) -> None:
    credential = make_key(tenant, "files:*")
    own, other = (
        create_file(name=name, content_type="text/csv", size_bytes=1)
        for name in (credential.key.pk, "other")
    )
    document = ROWS_READ.replace("$own", str(own.pk)).replace("$other", str(other.pk))

    # Who sees all asks first and last: what is kept of an operation must not carry over.
    seen: list[Any] = [
        GraphQLClient(secret, "/files/graphql")(document).data
        for secret in (make_key(tenant).secret, credential.secret, make_key(tenant).secret)
    ]

    assert [one["files"]["totalCount"] for one in seen] == [2, 1, 2]
    assert [len(one["files"]["nodes"]) for one in seen] == [2, 1, 2]
    assert [one["_entities"] for one in seen] == [[{"name": "other"}], [None], [{"name": "other"}]]
    assert seen[1]["own"] == {"name": credential.key.pk}


@pytest.mark.usefixtures("own_rows_only")
def test_what_a_row_rule_hides_is_neither_found_changed_nor_removed(tenant: Tenant) -> None:
    credential = make_key(tenant, "files:*")
    hidden = create_file(name="other", content_type="text/csv", size_bytes=1)
    ask = GraphQLClient(credential.secret)

    one = ask(f'{{ file(id: "{hidden.pk}") {{ name }} }}')
    renamed = ask(
        f'mutation {{ updateFile(input: {{id: "{hidden.pk}", name: "x"}}) {{ error {{ code }} }} }}'
    )
    removed = ask(
        f'mutation {{ deleteFiles(input: {{ids: ["{hidden.pk}"]}})'
        " { outcomes { error { code } } } }"
    )

    assert one.codes == ["NOT_FOUND"]
    assert renamed.data["updateFile"]["error"]["code"] == "NOT_FOUND"
    assert removed.data["deleteFiles"]["outcomes"][0]["error"]["code"] == "NOT_FOUND"
    assert File.objects.get().name == "other"


@pytest.mark.usefixtures("either_path")
def test_a_row_rule_holds_for_what_is_contributed_to_other_entities(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = create_file(name="a", content_type="text/csv", size_bytes=1)
    for action in ("seen", "hidden"):
        record(an_entry(action=action, targets=(Target(type="File", id=str(file.pk)),)))
    rule = replace(AuditLog.access, rows=lambda _principal: Q(action="seen"))
    monkeypatch.setattr(AuditLog, "access", rule)

    told = GraphQLClient(make_key(tenant).secret)(
        "{ files { nodes { auditLogs { totalCount nodes { action } } } }"
        " auditLogActionCounts { action } }"
    ).data

    assert told == {
        "files": {"nodes": [{"auditLogs": {"totalCount": 1, "nodes": [{"action": "seen"}]}}]},
        "auditLogActionCounts": [{"action": "seen"}],
    }


@pytest.mark.usefixtures("own_rows_only")
def test_work_of_our_own_sees_every_row_of_the_tenant(tenant: Tenant) -> None:
    create_file(name="other", content_type="text/csv", size_bytes=1)

    assert File.visible().count() == 1
