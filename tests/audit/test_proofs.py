"""What an outsider gets of a log, by HTTP and by GraphQL, and what it proves."""

import base64
import hashlib
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.audit.domain.merkle import Span, leaf_hash, verify_consistency, verify_inclusion
from apps.audit.domain.notes import Checkpoint as SignedCheckpoint
from apps.audit.domain.notes import VerifierKey, opened
from apps.audit.domain.receipts import ReceiptError, check_receipt
from apps.audit.domain.tile_paths import TilePathError, parse, path_of
from apps.audit.models import AuditLog, Checkpoint, Leaf
from apps.audit.services.recording import record, record_all
from apps.audit.services.sealing import seal_log, seal_some
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant
from tests.audit.factories import an_entry

PROOF = """
query($id: ID!, $size: BigInt) {
  auditLogProof(id: $id, size: $size) {
    record leafHash position path checkpoint { number size root note }
  }
}
"""


class Outsider:
    """Somebody with a key for reading, and Python's standard library."""

    def __init__(self, tenant: Tenant, scope: str = "audit:read") -> None:
        self._headers = {"Authorization": f"Bearer {make_key(tenant, scope).secret}"}

    def get(self, path: str, method: str = "GET") -> Any:
        return Client().generic(method, f"/audit/api/{path}", headers=self._headers)

    def keys(self) -> list[VerifierKey]:
        return [VerifierKey.parse(line) for line in self.get("log/keys").text.splitlines()]

    def checkpoint(self, query: str = "") -> SignedCheckpoint:
        note = self.get(f"log/checkpoint{query}")
        return SignedCheckpoint.parse(opened(note.text, self.keys()))

    def codes(self, path: str) -> tuple[int, str]:
        answer = self.get(path)
        return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


@pytest.fixture
def outsider(tenant: Tenant) -> Outsider:
    """An outsider with a key of the tenant."""
    return Outsider(tenant)


@pytest.fixture
def logs(tenant: Tenant) -> list[AuditLog]:
    """300 logs, sealed in three batches."""
    outcomes = record_all([an_entry(action=f"step.{number}") for number in range(300)])
    while seal_some(most=130):
        pass
    return [outcome.log for outcome in outcomes if outcome.log]


def test_the_records_of_a_log_hash_to_its_signed_root(
    outsider: Outsider, logs: list[AuditLog]
) -> None:
    first = outsider.get("log/entries").content
    rest = outsider.get("log/entries?start=256").content
    tile = outsider.get("log/tile/0/000").content + outsider.get("log/tile/0/001.p/44").content

    lines = (first + rest).splitlines()
    assert [json.loads(line)["action"] for line in lines] == [f"step.{n}" for n in range(300)]
    assert b"".join(hashlib.sha256(b"\0" + line).digest() for line in lines) == tile
    assert outsider.get("log/tile/1/000.p/1").content == _root(tile[:8192])
    signed = outsider.checkpoint()
    assert signed.size == 300
    for position in (0, 255, 299):
        receipt = outsider.get(f"receipts/{logs[position].pk}").json()
        path = [base64.b64decode(one) for one in receipt["path"]]
        verify_inclusion(leaf_hash(lines[position]), position, 300, path, signed.root)


def _root(hashes: bytes) -> bytes:
    while len(hashes) > 32:
        pairs = [hashes[at : at + 64] for at in range(0, len(hashes), 64)]
        hashes = b"".join(hashlib.sha256(b"\1" + pair).digest() for pair in pairs)
    return hashes


def test_a_log_continues_what_it_was(outsider: Outsider, logs: list[AuditLog]) -> None:
    older, newer = outsider.checkpoint("?size=130"), outsider.checkpoint()

    told = outsider.get("log/consistency?older=130&newer=300").json()

    path = [base64.b64decode(one) for one in told.pop("path")]
    assert told == {"older": 130, "newer": 300}
    verify_consistency(Span(130, 300), path, older.root, newer.root)


def test_a_receipt_is_checked_without_us(outsider: Outsider, logs: list[AuditLog]) -> None:
    answer = outsider.get(f"receipts/{logs[7].pk}?size=130")
    receipt, keys = answer.json(), outsider.keys()

    assert check_receipt(receipt, keys).size == 130
    assert json.loads(receipt["record"])["id"] == str(logs[7].pk)
    assert receipt["keys"] == [str(key) for key in keys]
    assert answer["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"record": "{}"}, "another root"),
        ({"position": 8}, "another root"),
        ({"position": 999}, "not in a tree"),
        ({"position": "7"}, "no receipt"),
        ({"path": []}, "too short"),
        ({"path": ["*"]}, "no receipt"),
        ({"form": "other/1"}, "was expected"),
        ({"checkpoint": "septet\n1\nAAAA\n"}, "no signatures"),
        ({"record": None}, "no receipt"),
    ],
)
def test_a_forged_receipt_is_refused(
    outsider: Outsider, logs: list[AuditLog], changed: dict[str, Any], why: str
) -> None:
    receipt = outsider.get(f"receipts/{logs[7].pk}").json() | changed

    with pytest.raises(ReceiptError, match=why):
        check_receipt(receipt, outsider.keys())


def test_a_receipt_by_a_key_that_only_it_names_is_refused(
    outsider: Outsider, logs: list[AuditLog], tenant: Tenant
) -> None:
    receipt = outsider.get(f"receipts/{logs[7].pk}").json()

    with pytest.raises(ReceiptError, match="no known key"):
        check_receipt(receipt, [])


def test_the_graph_tells_the_same(
    outsider: Outsider, logs: list[AuditLog], graphql: GraphQLClient
) -> None:
    log = logs[200]
    proof = graphql(PROOF, id=str(log.pk)).data["auditLogProof"]
    told = graphql(
        "{ auditCheckpoint(size: 130) { number size } last: auditCheckpoint { number madeAt }"
        " auditConsistencyProof(older: 130, newer: 300) { older newer path }"
        " auditTile(level: 1, number: 0, width: 1) auditVerifierKeys { key signsUntil } }"
    ).data

    receipt = outsider.get(f"receipts/{log.pk}").json()
    assert {name: proof[name] for name in ("record", "position", "path")} == {
        name: receipt[name] for name in ("record", "position", "path")
    }
    assert proof["leafHash"] == base64.b64encode(leaf_hash(receipt["record"].encode())).decode()
    assert proof["checkpoint"]["note"] == receipt["checkpoint"]
    assert proof["checkpoint"]["root"] == receipt["checkpoint"].split("\n")[2]
    assert told["auditCheckpoint"] == {"number": 1, "size": 130}
    assert told["last"]["number"] == 3
    assert told["auditConsistencyProof"] == (
        outsider.get("log/consistency?older=130&newer=300").json()
    )
    tile = outsider.get("log/tile/1/000.p/1").content
    assert told["auditTile"] == base64.b64encode(tile).decode()
    assert told["auditVerifierKeys"] == [{"key": receipt["keys"][0], "signsUntil": None}]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("log/checkpoint?size=1", (404, "NOT_FOUND")),
        ("log/checkpoint?size=x", (400, "INVALID_INPUT")),
        ("log/checkpoint?size=9999999999999999", (400, "INVALID_INPUT")),
        ("log/consistency", (400, "INVALID_INPUT")),
        ("log/consistency?older=5&newer=4", (400, "INVALID_INPUT")),
        ("log/consistency?older=5&newer=301", (404, "NOT_FOUND")),
        ("log/tile/0/002", (404, "NOT_FOUND")),
        ("log/tile/0/001", (404, "NOT_FOUND")),
        ("log/tile/0/001.p/45", (404, "NOT_FOUND")),
        ("log/tile/0/1", (404, "NOT_FOUND")),
        ("log/tile/8/000", (404, "NOT_FOUND")),
        ("log/tile/99999999999999999999/000", (404, "NOT_FOUND")),
        ("log/entries?start=-1", (400, "INVALID_INPUT")),
        ("receipts/01900000-0000-7000-8000-000000000000", (404, "NOT_FOUND")),
        ("receipts/no-id", (404, "NOT_FOUND")),
    ],
)
def test_what_there_is_not_is_told_by_a_code(
    outsider: Outsider, logs: list[AuditLog], path: str, answer: tuple[int, str]
) -> None:
    assert outsider.codes(path) == answer


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (f"auditCheckpoint(size: {2**53}) {{ size }}", "NOT_FOUND"),
        (f"auditCheckpoint(size: {2**70}) {{ size }}", "NOT_FOUND"),
        (f"auditConsistencyProof(older: 1, newer: {2**40}) {{ path }}", "NOT_FOUND"),
        (f"auditTile(level: 0, number: {2**40})", "NOT_FOUND"),
        (f"auditTile(level: 0, number: {2**63})", "INVALID_INPUT"),
        ("auditTile(level: 0, number: -1)", "INVALID_INPUT"),
    ],
)
def test_sizes_and_places_of_logs_beyond_two_billion_may_be_asked_for(
    graphql: GraphQLClient, logs: list[AuditLog], asked: str, code: str
) -> None:
    assert graphql(f"{{ {asked} }}").codes == [code]


def test_a_log_after_the_checkpoint_or_not_sealed_yet_has_no_proof(
    outsider: Outsider, logs: list[AuditLog]
) -> None:
    waiting = record(an_entry())

    assert outsider.codes(f"receipts/{logs[200].pk}?size=130") == (400, "INVALID_INPUT")
    assert outsider.codes(f"receipts/{waiting.pk}") == (404, "NOT_FOUND")
    seal_log()
    assert outsider.get(f"receipts/{waiting.pk}").json()["position"] == 300


@pytest.mark.parametrize(
    "path",
    [
        "log/checkpoint",
        "log/tile/0/000",
        "log/consistency?older=1&newer=2",
        "receipts/{log}",
    ],
)
def test_another_tenant_sees_nothing_of_a_log(logs: list[AuditLog], path: str) -> None:
    stranger = Outsider(make_tenant())

    assert stranger.codes(path.format(log=logs[0].pk)) == (404, "NOT_FOUND")
    assert stranger.get("log/entries").content == b""
    assert stranger.get("log/keys").content == b""


@pytest.mark.parametrize(
    "path",
    ["checkpoint", "keys", "entries", "tile/0/000", "consistency?older=1&newer=2"],
)
def test_without_the_scope_or_a_credential_nothing_is_told(
    tenant: Tenant, logs: list[AuditLog], path: str
) -> None:
    anonymous = Client().get(f"/audit/api/log/{path}")

    assert Outsider(tenant, "files:read").codes(f"log/{path}") == (403, "FORBIDDEN")
    assert (anonymous.status_code, "UNAUTHENTICATED" in anonymous.text) == (401, True)


def test_nobody_writes_there(outsider: Outsider, logs: list[AuditLog]) -> None:
    answer = outsider.get("log/checkpoint", "POST")

    assert (answer.status_code, "METHOD_NOT_ALLOWED" in answer.text) == (405, True)
    assert Checkpoint.objects.count() == 3


def test_records_of_an_answer_are_bounded_in_bytes(outsider: Outsider, tenant: Tenant) -> None:
    record_all([an_entry(metadata={"text": "x" * 60_000}) for _ in range(20)])
    seal_log()

    answers = [outsider.get(f"log/entries?start={start}").content for start in (0, 16, 20)]

    assert [len(answer.splitlines()) for answer in answers] == [16, 4, 0]


def test_a_proof_costs_a_fixed_number_of_queries(
    outsider: Outsider, logs: list[AuditLog], graphql: GraphQLClient
) -> None:
    path = f"receipts/{logs[3].pk}"
    outsider.get(path)

    with CaptureQueriesContext(connection) as queries:
        outsider.get(path)

    # The key; log, leaf, checkpoint, tiles; keys of the log; cosignatures.
    assert len(queries) == 7, [query["sql"] for query in queries]
    assert Leaf.objects.get(pk=logs[3].pk).position == 3


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("000", (0, 256)),
        ("067.p/1", (67, 1)),
        ("x001/x234/067", (1234067, 256)),
        ("x001/x234/067.p/255", (1234067, 255)),
    ],
)
def test_a_path_tells_a_tile(path: str, told: tuple[int, int]) -> None:
    assert parse(path) == told
    assert path_of(*told) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "1",
        "0000",
        "x000/001",
        "001/x000",
        "000.p/0",
        "000.p/256",
        "000.p/01",
        "\u0660" * 3,
        "x1/000",
    ],
)
def test_another_spelling_names_no_tile(path: str) -> None:
    with pytest.raises(TilePathError):
        parse(path)
