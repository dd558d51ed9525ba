"""Witnesses: somebody else sees each log grow, says so under its checkpoints, and no turning back.

The witness here does what C2SP's tlog-witness and tlog-cosignature say, by the standard library and
our check of consistency, which Go's is held to elsewhere.
"""

import base64
import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from apps.audit.adapters.destinations import Folder
from apps.audit.domain.cosignatures import WitnessKey, cosignature, question
from apps.audit.domain.merkle import Span, verify_consistency
from apps.audit.domain.notes import Checkpoint as SignedCheckpoint
from apps.audit.domain.notes import NoteError, opened
from apps.audit.domain.receipts import ReceiptError, check_receipt
from apps.audit.models import Checkpoint, Cosignature, Leaf
from apps.audit.selectors.integrity import keys_of_log, receipt_for
from apps.audit.services.publishing import publish_checkpoint
from apps.audit.services.recording import record_all
from apps.audit.services.sealing import seal_log
from apps.audit.services.verification import verify_log
from kernel.errors import DomainError
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from tests.audit.factories import an_entry, forge

TIME = 1_700_000_000


class Witness:
    """Somebody with a key of their own and a memory of each log."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()
        self.seen: dict[str, SignedCheckpoint] = {}
        self.asked: list[str] = []
        self.broken = False
        server = HTTPServer(("127.0.0.1", 0), self._handler())
        self.server, self.place = server, f"127.0.0.1:{server.server_port}"

    @property
    def key(self) -> str:
        public = b"\4" + self.private.public_key().public_bytes_raw()
        return f"w.example/1+{self._id().hex()}+{base64.b64encode(public).decode()}"

    def _id(self) -> bytes:
        public = self.private.public_key().public_bytes_raw()
        return hashlib.sha256(b"w.example/1\n\4" + public).digest()[:4]

    def line(self, note: str) -> str:
        """Return the cosignature of a note."""
        text = note.rpartition("\n\n")[0] + "\n"
        signed = self.private.sign(f"cosignature/v1\ntime {TIME}\n{text}".encode())
        packed = self._id() + TIME.to_bytes(8, "big") + signed
        return f"\N{EM DASH} w.example/1 {base64.b64encode(packed).decode()}\n"

    def answer(self, body: str) -> tuple[int, str]:
        """Cosign what continues the checkpoint that was cosigned last."""
        head, _, note = body.partition("\n\n")
        old, *proof = head.split("\n")
        found = SignedCheckpoint.parse(note.rpartition("\n\n")[0] + "\n")
        last = self.seen.get(found.origin)
        self.asked.append(old)
        if old != f"old {last.size if last else 0}":
            return 409, f"{last.size if last else 0}\n"
        if last is not None:
            path = [base64.b64decode(one) for one in proof]
            verify_consistency(Span(last.size, found.size), path, last.root, found.root)
        if self.broken:
            return 200, self.line("another\n\n")
        self.seen[found.origin] = found
        return 200, self.line(note)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        witness = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, told = (
                    witness.answer(body) if self.path == "/w/add-checkpoint" else (404, "")
                )
                self.send_response(status)
                self.send_header("Content-Length", str(len(told.encode())))
                self.end_headers()
                self.wfile.write(told.encode())

            def log_message(self, *_: Any) -> None:
                return

        return Handler


@pytest.fixture
def witness(tenant: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Witness]:
    """A witness that the settings name, beside a folder of this test's own."""
    made = Witness()
    monkeypatch.setattr(settings, "OUTBOUND_ALLOWED", (made.place,))
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_FOLDER", tmp_path)
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINTS_TO", f"http://{made.place}/w#{made.key}")
    thread = Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def sealed(count: int) -> None:
    record_all([an_entry() for _ in range(count)])
    seal_log()


def published(tenant: Tenant) -> list[str]:
    kept = Folder(settings.AUDIT_CHECKPOINT_FOLDER).published(str(tenant.pk))
    return [one.note for one in kept]


def test_what_is_published_has_the_cosignature_and_is_read_as_before(
    tenant: Tenant, witness: Witness
) -> None:
    for count in (3, 5, 300):
        sealed(count)
        publish_checkpoint()

    notes = list(Checkpoint.objects.order_by("number").values_list("note", flat=True))
    assert published(tenant) == [note + witness.line(note) for note in notes]
    assert witness.asked == ["old 0", "old 0", "old 3", "old 0", "old 8"]
    keys = [key for key, _ in keys_of_log()]
    assert SignedCheckpoint.parse(opened(published(tenant)[-1], keys)).size == 308
    assert verify_log().problem == ""


def test_what_was_cosigned_is_kept_and_not_asked_for_again(
    tenant: Tenant, witness: Witness
) -> None:
    sealed(3)

    for _ in range(2):
        publish_checkpoint()

    assert witness.asked == ["old 0"]
    kept = Cosignature.objects.get()
    assert (kept.size, kept.witness) == (3, witness.key)
    assert published(tenant) == [Checkpoint.objects.get().note + kept.line]


def test_a_receipt_has_the_cosignature_and_is_checked_by_the_key_of_the_witness(
    tenant: Tenant, witness: Witness, graphql: GraphQLClient
) -> None:
    sealed(3)
    log_id = Leaf.objects.get(position=1).pk
    before = receipt_for(log_id)
    publish_checkpoint()

    receipt = receipt_for(log_id)

    keys, known = [key for key, _ in keys_of_log()], WitnessKey.parse(witness.key)
    assert check_receipt(receipt, keys, [known]).size == 3
    assert receipt["witnesses"] == [witness.key]
    with pytest.raises(ReceiptError, match=r"no good cosignature of w\.example/1"):
        check_receipt(before, keys, [known])
    # Wherever else the checkpoint is given it is the same.
    answer = graphql(
        "query ($id: ID!) {"
        " auditCheckpoint { note } auditLogProof(id: $id) { checkpoint { note } } }",
        id=str(log_id),
    ).data
    assert answer["auditCheckpoint"]["note"] == receipt["checkpoint"]
    assert answer["auditLogProof"]["checkpoint"]["note"] == receipt["checkpoint"]


def test_a_byte_changed_in_a_cosignature_is_found_and_named(
    tenant: Tenant, witness: Witness
) -> None:
    sealed(3)
    publish_checkpoint()
    assert verify_log().problem == ""
    line = Cosignature.objects.get().line

    forge(
        "UPDATE audit_cosignature SET line = %s",
        [f"{line[:40]}{'A' if line[40] != 'A' else 'B'}{line[41:]}"],
    )

    # Of what was published and what is kept here one is not as it was.
    assert "is not as it was published" in verify_log().problem
    for file in settings.AUDIT_CHECKPOINT_FOLDER.rglob("*.txt"):
        file.unlink()
    assert verify_log().problem == f"the cosignature of checkpoint 3 by {witness.key} differs"


def test_a_cosignature_of_something_else_is_not_taken_and_holds_up_nothing(
    tenant: Tenant, witness: Witness
) -> None:
    sealed(3)
    witness.broken = True

    with pytest.raises(NoteError, match=r"no good cosignature of w\.example/1"):
        publish_checkpoint()

    assert published(tenant) == [Checkpoint.objects.get().note]


def test_a_log_that_was_cut_off_is_cosigned_no_more(tenant: Tenant, witness: Witness) -> None:
    sealed(3)
    origin = Checkpoint.objects.get().note.partition("\n")[0]
    witness.seen[origin] = SignedCheckpoint(origin, 7, b"r" * 32)

    with pytest.raises(DomainError, match="older and newer sizes were expected, found 7 and 3"):
        publish_checkpoint()


def test_a_key_is_read_as_it_is_written_and_no_other(witness: Witness) -> None:
    assert str(WitnessKey.parse(witness.key)) == witness.key
    name, id_, key = witness.key.split("+", 2)
    for wrong in (
        f"{name}+00000000+{key}",
        f"+{id_}+{key}",
        f"{name}+{id_}+####",
        f"{name}+{id_}",
        "",
    ):
        with pytest.raises(NoteError, match="is no key of a witness"):
            WitnessKey.parse(wrong)


@pytest.mark.parametrize("answer", ["", "no line\n", "\N{EM DASH} w.example/1 AAAA\n"])
def test_an_answer_without_a_good_line_is_refused(witness: Witness, answer: str) -> None:
    with pytest.raises(NoteError):
        cosignature("o\n1\nAAAA\n\nsigned\n", answer, WitnessKey.parse(witness.key))


def test_a_question_is_as_the_protocol_has_it() -> None:
    assert question("o\n1\nr\n\ns\n", 4, [b"a"]) == b"old 4\nYQ==\n\no\n1\nr\n\ns\n"
