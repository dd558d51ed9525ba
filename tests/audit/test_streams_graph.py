"""Streams through the graph: directed by a scope of its own, and no secret is ever shown."""

from collections.abc import Sequence
from typing import Any

import pytest

from apps.audit.domain.streaming import Sealed
from apps.audit.models import AuditLog, AuditStream
from apps.audit.services import delivering
from apps.audit.services.recording import record_all
from apps.audit.services.sealing import seal_log
from apps.audit.services.streams import create_stream
from contracts.webhooks import new_secret
from kernel.identity.models import Tenant
from kernel.secrets.reading import read_secret
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant
from tests.audit.factories import an_entry

pytestmark = pytest.mark.usefixtures("tenant")

SECRET = new_secret(b"x" * 32)
FIELDS = "id name address format state filter position waiting missed failures lastError"


class Ear:
    """An end of a stream that hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, list[int]]] = []

    def send(self, message: str, logs: Sequence[Sealed]) -> None:
        self.heard.append((message, [one.position for one in logs]))


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Ear:
    made = Ear()
    monkeypatch.setattr(delivering, "_end_of", lambda _stream: made)
    return made


def sealed(count: int) -> None:
    record_all([an_entry() for _ in range(count)])
    seal_log()


def changed(graphql: GraphQLClient, verb: str, **sent: Any) -> dict[str, Any]:
    """Do something to a stream and return the answer of the mutation."""
    type_ = f"{verb[0].upper()}{verb[1:]}AuditStreamInput"
    text = (
        f"mutation ($input: {type_}!) {{ answer: {verb}AuditStream(input: $input) {{"
        f" auditStream {{ {FIELDS} }} error {{ code message }} }} }}"
    )
    answer: dict[str, Any] = graphql(text, input=sent).data["answer"]
    return answer


def test_a_stream_is_made_shown_changed_and_removed(graphql: GraphQLClient) -> None:
    sealed(3)

    made = changed(
        graphql,
        "create",
        name="siem",
        address="https://siem.example/in",
        format="OCSF",
        filter={"actorId": "u-1"},
        secret=SECRET,
        fromPosition=1,
    )["auditStream"]

    assert made.pop("id")
    assert made == {
        "name": "siem",
        "address": "https://siem.example/in",
        "format": "OCSF",
        "state": "ACTIVE",
        "filter": {"actorId": "u-1"},
        "position": 1,
        "waiting": 2,
        "missed": 0,
        "failures": 0,
        "lastError": "",
    }
    stream = AuditStream.objects.get()
    assert read_secret(stream, "secret", purpose="test", shown=False) == SECRET
    again = changed(graphql, "update", id=str(stream.pk), name="lake", format="CEF")
    assert (again["auditStream"]["name"], again["auditStream"]["format"]) == ("lake", "CEF")
    gone = changed(graphql, "delete", id=str(stream.pk))["auditStream"]
    assert (gone["name"], gone["waiting"]) == ("lake", None)
    assert not AuditStream.objects.exists()
    done = AuditLog.objects.filter(action__startswith="audit.stream.").order_by("id")
    assert [log.action.rpartition(".")[2] for log in done] == ["created", "changed", "removed"]
    assert SECRET not in str([log.metadata for log in done])


def test_no_field_of_the_graph_shows_a_secret(graphql: GraphQLClient) -> None:
    fields = graphql('{ __type(name: "AuditStream") { fields { name } } }')

    names = [one["name"] for one in fields.data["__type"]["fields"]]
    assert "address" in names
    assert "secret" not in names


def test_streams_are_listed_with_what_waits_by_one_statement_for_all(
    graphql: GraphQLClient,
) -> None:
    sealed(2)
    for number in range(3):
        create_stream(name=f"s{number}", address="https://a.example", from_position=number % 2)
    asked = "{ auditStreams(first: %d) { nodes { name waiting } } }"

    found = graphql(asked % 3).data["auditStreams"]["nodes"]

    assert [one["waiting"] for one in found] == [2, 1, 2]
    assert len(graphql.sql(asked % 3)) == len(graphql.sql(asked % 1))


def test_streams_are_found_by_their_state(graphql: GraphQLClient) -> None:
    create_stream(name="goes", address="https://a.example")
    paused, _ = create_stream(name="waits", address="https://a.example")
    changed(graphql, "pause", id=str(paused.pk))

    found = graphql("{ auditStreams(filter: {states: [PAUSED, DISABLED]}) { nodes { name } } }")

    assert found.data["auditStreams"]["nodes"] == [{"name": "waits"}]


def test_it_is_paused_resumed_and_played_again(graphql: GraphQLClient, ear: Ear) -> None:
    sealed(5)
    stream, _ = create_stream(name="s", address="https://a.example", from_position=0)
    id_ = str(stream.pk)

    assert changed(graphql, "pause", id=id_)["auditStream"]["state"] == "PAUSED"
    assert delivering.deliver_stream(stream.pk) == 0
    assert changed(graphql, "resume", id=id_)["auditStream"]["state"] == "ACTIVE"
    seal_log()
    delivering.deliver_stream(stream.pk)
    again = changed(graphql, "replay", id=id_, fromPosition=3)["auditStream"]
    delivering.deliver_stream(stream.pk)

    assert again["position"] == 3
    assert [positions for _, positions in ear.heard] == [[0, 1, 2, 3, 4, 5, 6, 7], [3, 4, 5, 6, 7]]


@pytest.mark.parametrize("position", [-1, 6, 2**40, 2**53 - 1])
def test_beyond_the_log_nothing_is_played_again(graphql: GraphQLClient, position: int) -> None:
    sealed(5)
    stream, _ = create_stream(name="s", address="https://a.example", from_position=0)

    error = changed(graphql, "replay", id=str(stream.pk), fromPosition=position)["error"]

    told = f"the log has 5 leaves, found position {position}"
    assert error == {"code": "INVALID_INPUT", "message": told}
    stream.refresh_from_db()
    assert stream.position == 0


def test_a_position_beyond_two_billion_is_told_exactly(graphql: GraphQLClient) -> None:
    stream, _ = create_stream(name="s", address="https://a.example")
    AuditStream.objects.filter(pk=stream.pk).update(position=2**53 - 1, missed=2**40)

    found = graphql("{ auditStreams { nodes { position missed } } }").body

    assert found["data"]["auditStreams"]["nodes"] == [{"position": 2**53 - 1, "missed": 2**40}]


def test_a_test_is_sent_at_each_call_whatever_its_key(graphql: GraphQLClient, ear: Ear) -> None:
    stream, _ = create_stream(name="s", address="https://a.example", from_position=0)

    for _ in range(2):
        tried = changed(graphql, "test", id=str(stream.pk), idempotencyKey="k-1")
        assert tried["auditStream"]["name"] == "s"

    assert [positions for _, positions in ear.heard] == [[-1], [-1]]


def test_a_test_that_does_not_arrive_says_why(graphql: GraphQLClient) -> None:
    stream, _ = create_stream(name="s", address="https://127.0.0.1/in")

    tried = changed(graphql, "test", id=str(stream.pk))

    assert (tried["auditStream"], tried["error"]["code"]) == (None, "OUTBOUND_REFUSED")


@pytest.mark.parametrize(
    ("sent", "code", "message"),
    [
        ({"address": "https://a.example"}, "INVALID_INPUT", "a webhook has a secret"),
        (
            {"address": "https://a.example", "secret": "whsec_c2hvcnQ="},
            "INVALID_INPUT",
            "a webhook has a secret",
        ),
        (
            {"address": "syslog+tls://a.example:6514", "secret": SECRET},
            "INVALID_INPUT",
            "only a webhook has a secret",
        ),
        ({"address": "ftp://a.example"}, "INVALID_INPUT", "an address is"),
        ({"address": "kafka://a/b"}, "INVALID_INPUT", "an address is"),
        ({"address": "kafka://siem"}, "AUDIT_NO_KAFKA", "no Kafka is configured here"),
        (
            {"address": "syslog+tls://a.example", "filter": {"text": "--"}},
            "INVALID_INPUT",
            "no letter",
        ),
        ({"address": "syslog+tls://a.example", "name": "taken"}, "CONFLICT", "there is a stream"),
    ],
)
def test_a_stream_that_cannot_be_is_refused_and_nothing_is_on_record(
    graphql: GraphQLClient, sent: dict[str, Any], code: str, message: str
) -> None:
    create_stream(name="taken", address="https://a.example")
    before = AuditLog.objects.count()

    error = changed(graphql, "create", **{"name": "siem"} | sent)["error"]

    assert error["code"] == code
    assert message in error["message"]
    assert (AuditStream.objects.count(), AuditLog.objects.count()) == (1, before)


def test_an_address_of_another_kind_takes_or_leaves_the_secret(graphql: GraphQLClient) -> None:
    stream, _ = create_stream(name="s", address="https://a.example")
    id_ = str(stream.pk)

    changed(graphql, "update", id=id_, address="syslog+tls://a.example:6514")
    stream.refresh_from_db()
    assert stream.secret is None
    error = changed(graphql, "update", id=id_, address="https://a.example")["error"]
    assert error["code"] == "INVALID_INPUT"
    assert (
        changed(graphql, "update", id=id_, address="https://a.example", secret=SECRET)["error"]
        is None
    )

    stream.refresh_from_db()
    assert read_secret(stream, "secret", purpose="test", shown=False) == SECRET


def test_who_reads_or_writes_logs_directs_no_stream(tenant: Tenant) -> None:
    stream, _ = create_stream(name="s", address="https://a.example")
    client = GraphQLClient(
        make_key(tenant, "audit:read", "audit:write", "audit:retain").secret, "/audit/graphql"
    )

    codes = [
        client("{ auditStreams { nodes { address } } }").codes,
        client(f'{{ auditStream(id: "{stream.pk}") {{ address }} }}').codes,
        client(
            f'mutation {{ pauseAuditStream(input: {{id: "{stream.pk}"}}) {{ error {{ code }} }} }}'
        ).codes,
    ]

    assert codes == [["FORBIDDEN"]] * 3
    stream.refresh_from_db()
    assert stream.state == "active"


def test_a_stream_of_another_tenant_is_not_there(graphql: GraphQLClient, ear: Ear) -> None:
    with in_tenant(make_tenant().pk):
        theirs, _ = create_stream(name="s", address="https://a.example")

    acts: dict[str, dict[str, Any]] = {
        "update": {"name": "mine"},
        "pause": {},
        "resume": {},
        "replay": {"fromPosition": 0},
        "test": {},
        "delete": {},
    }
    for verb, more in acts.items():
        assert changed(graphql, verb, id=str(theirs.pk), **more)["error"]["code"] == "NOT_FOUND"

    assert graphql("{ auditStreams { totalCount } }").data["auditStreams"]["totalCount"] == 0
    theirs.refresh_from_db()
    assert (theirs.name, theirs.state, ear.heard) == ("s", "active", [])
