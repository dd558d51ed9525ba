"""The Python client against a platform that runs."""

import asyncio
import io
import random
import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from queue import Queue
from threading import Thread
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
from httpx_sse import ServerSentEvent

from kernel.testing.embedded import Embedded, embedded
from septet_client import (
    AsyncSeptet,
    Checkpoint,
    LogKey,
    Policy,
    ProofError,
    Septet,
    SeptetError,
    Unreachable,
    check_consistency,
    check_receipt,
    uploads,
)
from septet_client.attempts import Attempts
from septet_client.graphql.enums import FileState
from septet_client.graphql.input_types import (
    AuditActorInput,
    CreateAuditLogInput,
    CreateSubscriberInput,
    UpdateSubscriberInput,
)

pytestmark = pytest.mark.processes
#: A machine that tests share may be slow.
PATIENT = Policy(seconds=240)
BODY = random.Random(7).randbytes(300_000)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """The platform as `make run` starts it."""
    with embedded(tmp_path_factory.mktemp("platform")) as started:
        yield started


@pytest.fixture
def septet(platform: Embedded) -> Iterator[Septet]:
    """A client with the demo's own key."""
    with Septet(platform.url, platform.key, policy=PATIENT) as client:
        yield client


def entry(**more: Any) -> CreateAuditLogInput:
    """Return something that was done."""
    return CreateAuditLogInput(
        action="invoice.approved",
        occurredAt=datetime(2026, 5, 1, 12, tzinfo=UTC),
        actor=AuditActorInput(type="user", id="u-1"),
        **more,
    )


def within(seconds: float, found: Callable[[], Any]) -> Any:
    """Return what was found, as soon as it is."""
    until = monotonic() + seconds
    while not (one := found()):
        assert monotonic() < until, "it did not come"
        sleep(0.2)
    return one


def test_the_example_of_the_readme_runs(
    platform: Embedded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    page = (Path(__file__).parents[2] / "clients/python/README.md").read_text(encoding="utf-8")
    example = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0]
    (tmp_path / "runways.csv").write_text("id,name\n1,Runway 25\n")
    monkeypatch.chdir(tmp_path)

    example = example.replace('"http://localhost:8000", key', "url, key, policy=patient")
    exec(example, {"url": platform.url, "key": platform.key, "patient": PATIENT})

    said = capsys.readouterr().out
    assert "logs are under this signature" in said
    assert "runways.csv FileState" in said


def test_what_is_recorded_is_read_with_its_types(septet: Septet) -> None:
    made = septet.create_audit_log(entry(metadata={"total": 3})).create_audit_log.audit_log
    assert made

    found = septet.audit_log(made.id).audit_log

    assert found == made
    assert found.actor.id == "u-1"
    assert (found.occurred_at, found.metadata) == (
        datetime(2026, 5, 1, 12, tzinfo=UTC),
        {"total": 3},
    )


def test_the_same_in_asyncio(platform: Embedded) -> None:
    async def told() -> list[str]:
        async with AsyncSeptet(platform.url, platform.key, policy=PATIENT) as septet:
            pages = await asyncio.gather(*(septet.files(first=n) for n in (1, 2)))
            return [str(len(page.files.nodes)) for page in pages]

    assert asyncio.run(told()) == ["1", "2"]


def test_what_a_mutation_refuses_is_raised_with_its_code(septet: Septet) -> None:
    person = CreateSubscriberInput(key="client-twice", name="Ada")
    septet.create_subscriber(person)

    with pytest.raises(SeptetError) as refused:
        septet.create_subscriber(person)

    assert (refused.value.code, refused.value.path) == ("CONFLICT", "createSubscriber")
    with pytest.raises(SeptetError) as missing:
        septet.update_subscriber(UpdateSubscriberInput(id="0190-no-id", name="x"))
    assert missing.value.code in {"INVALID_INPUT", "NOT_FOUND"}


def test_another_key_opens_nothing(platform: Embedded) -> None:
    with (
        Septet(platform.url, "septet_test_nobody", policy=PATIENT) as nobody,
        pytest.raises(SeptetError) as error,
    ):
        nobody.files()

    assert error.value.code == "UNAUTHENTICATED"


def test_a_receipt_is_proved_by_the_key_of_the_log_alone(septet: Septet) -> None:
    told = septet.create_audit_log(entry(waitSealed=True)).create_audit_log
    receipt: dict[str, Any] = told.receipt or {}
    keys = [LogKey.parse(line) for line in septet.get("/audit/api/log/keys").text.splitlines()]

    signed = check_receipt(receipt, keys)

    assert signed.size > receipt["position"]
    assert told.audit_log
    assert septet.receipt(told.audit_log.id)["record"] == receipt["record"]
    for wrong in (
        receipt | {"record": receipt["record"].replace("approved", "declined")},
        receipt | {"position": receipt["position"] - 1},
        receipt | {"path": receipt["path"][1:]},
        receipt | {"checkpoint": receipt["checkpoint"].replace("\n", "1\n", 1)},
        receipt | {"form": "another"},
    ):
        with pytest.raises(ProofError):
            check_receipt(wrong, keys)
    with pytest.raises(ProofError, match="no key that is known"):
        check_receipt(receipt, [])


def test_the_log_only_grew(septet: Septet) -> None:
    keys = [LogKey.parse(line) for line in septet.get("/audit/api/log/keys").text.splitlines()]
    seen = []
    for _ in range(4):
        receipt = septet.create_audit_log(entry(waitSealed=True)).create_audit_log.receipt
        assert receipt
        seen.append(Checkpoint.open(receipt["checkpoint"], keys))

    for older in seen:
        for newer in seen:
            if older.size <= newer.size:
                proof = septet.audit_consistency_proof(older.size, newer.size)
                assert proof.audit_consistency_proof
                check_consistency(older, newer, proof.audit_consistency_proof.path)
    first, last = seen[0], seen[-1]
    proof = septet.audit_consistency_proof(first.size, last.size)
    assert proof.audit_consistency_proof
    forged = Checkpoint(first.origin, first.size, bytes(32))
    with pytest.raises(ProofError, match="anew"):
        check_consistency(forged, last, proof.audit_consistency_proof.path)
    with pytest.raises(ProofError):
        check_consistency(last, first, [])


def test_a_file_goes_up_in_pieces_and_comes_down(
    septet: Septet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PIECE_BYTES", 100_000)
    told: list[int] = []

    id_ = septet.upload(io.BytesIO(BODY), "noise.bin", told=told.append)

    assert told == [100_000, 200_000, 300_000]
    within(240, lambda: septet.file(id_).file.state == FileState.CLEAN)  # type: ignore[union-attr]
    assert b"".join(septet.download(id_)) == BODY


def test_an_upload_goes_on_after_the_line_was_cut(
    platform: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PIECE_BYTES", 100_000)
    sent: list[str] = []

    class Cutting(httpx.HTTPTransport):
        """Its second piece arrives, and the answer does not."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = super().handle_request(request)
            sent.append(request.method)
            if sent.count("PATCH") == 2 and request.method == "PATCH":
                response.close()
                raise httpx.ReadError("cut", request=request)
            return response

    with Septet(platform.url, platform.key, policy=PATIENT, transport=Cutting()) as septet:
        id_ = septet.upload(io.BytesIO(BODY), "cut.bin")
        found = septet.file(id_).file

    assert found
    assert found.size_bytes == len(BODY)
    # What had arrived was not sent again.
    assert sent.count("PATCH") == 3
    assert sent.count("HEAD") == 2


def test_asyncio_sends_and_fetches_files_too(platform: Embedded) -> None:
    async def told() -> bytes:
        async with AsyncSeptet(platform.url, platform.key, policy=PATIENT) as septet:
            id_ = await septet.upload(io.BytesIO(BODY), "async.bin")
            for _ in range(1_200):
                found = (await septet.file(id_)).file
                if found and found.state == FileState.CLEAN:
                    break
                await asyncio.sleep(0.2)
            return b"".join([chunk async for chunk in septet.download(id_)])

    assert asyncio.run(told()) == BODY


def test_a_stream_is_heard_and_gone_on_with(platform: Embedded) -> None:
    events = [b"id: 1\ndata: one\n\n", b"id: 2\ndata: two\n\n"]
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("Last-Event-ID"))
        if len(asked) == 2:
            return httpx.Response(503)
        return httpx.Response(
            200, headers={"Content-Type": "text/event-stream"}, content=events[len(asked) // 3]
        )

    with Septet(platform.url, "any", transport=httpx.MockTransport(answer)) as septet:
        heard: list[ServerSentEvent] = list(islice(septet.listen("/events"), 2))

    assert [event.data for event in heard] == ["one", "two"]
    assert asked == [None, "1", "1"]


def test_an_inbox_tells_of_a_message(platform: Embedded, septet: Septet) -> None:
    person = septet.create_subscriber(
        CreateSubscriberInput(key="listener", email="l@example.com", emailVerified=True)
    ).create_subscriber.subscriber
    assert person
    token = septet.query("query($id: ID!) { subscriber(id: $id) { inboxToken } }", id=person.id)[
        "subscriber"
    ]["inboxToken"]
    stream = septet.listen(f"/notifications/api/inbox/events/{token}")
    heard: Queue[str] = Queue()
    listening = Thread(
        target=lambda: heard.put(next(event.data for event in stream if event.data)), daemon=True
    )
    listening.start()
    until = monotonic() + 240

    # Only what comes while somebody listens is told, and when that begins nobody is told.
    while heard.empty():
        assert monotonic() < until, "nothing was heard"
        septet.query(
            """mutation { createNotification(input: {
                 recipient: "listener", channel: IN_APP, subject: "Hello", body: "Heard"}) {
                 notification { id } error { code message } } }"""
        )
        listening.join(timeout=1)

    assert "Hello" in heard.get()


class Answers:
    """A server that gives one answer after the other."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def client_of(answers: Answers, **policy: Any) -> Septet:
    """Return a client of that server."""
    return Septet(
        "http://x", "any", policy=Policy(**policy), transport=httpx.MockTransport(answers)
    )


GOOD = {"data": {"createAuditLog": {"auditLog": None, "receipt": None, "error": None}}}


def test_a_lost_answer_is_asked_for_again_with_the_same_key() -> None:
    answers = Answers(httpx.ReadError("cut"), httpx.Response(503), httpx.Response(200, json=GOOD))

    client_of(answers).create_audit_log(entry())

    keys = {str(request.read()).partition("idempotencyKey")[2] for request in answers.asked}
    assert len(answers.asked) == 3
    assert len(keys) == 1
    assert keys != {""}


@pytest.mark.parametrize(
    ("document", "variables", "sent"),
    [
        ("{ files { nodes { id } } }", {}, 2),
        ("mutation($input: X!) { a(input: $input) { b } }", {"input": {"c": 1}}, 2),
        ("mutation { a(input: {c: 1}) { b } }", {}, 1),
        ("# one\nmutation($c: Int) { a(c: $c) { b } }", {"c": 1}, 1),
        ("fragment F on A { b } mutation { a { ...F } }", {}, 1),
    ],
)
def test_of_documents_of_ones_own_only_what_may_be_done_twice_is_sent_twice(
    document: str, variables: dict[str, Any], sent: int
) -> None:
    answers = Answers(httpx.ReadError("cut"), httpx.Response(200, json={"data": {"a": None}}))
    client = client_of(answers)

    with nullcontext() if sent == 2 else pytest.raises(Unreachable):
        client.query(document, **variables)

    keys = {str(request.read()).partition("idempotencyKey")[2] for request in answers.asked}
    assert len(answers.asked) == sent
    assert (keys != {""}) == ("input" in variables)
    assert len(keys) == 1


def test_a_download_goes_where_it_is_led_without_the_key() -> None:
    answers = Answers(
        httpx.Response(302, headers={"Location": "https://store.example/1"}),
        httpx.Response(200, content=b"bytes"),
    )

    assert b"".join(client_of(answers).download("1")) == b"bytes"

    assert [request.url.host for request in answers.asked] == ["x", "store.example"]
    assert ["Authorization" in request.headers for request in answers.asked] == [True, False]


def test_a_download_that_is_refused_or_cut_says_so() -> None:
    gone = {"errors": [{"message": "no file 1", "extensions": {"code": "NOT_FOUND"}}]}

    with pytest.raises(SeptetError, match="no file 1") as refused:
        list(client_of(Answers(httpx.Response(404, json=gone))).download("1"))
    with pytest.raises(Unreachable, match="ReadTimeout"):
        list(client_of(Answers(httpx.ReadTimeout(""))).download("1"))

    assert refused.value.code == "NOT_FOUND"


@pytest.mark.parametrize("lost", [1, 9])
def test_an_upload_goes_on_as_long_as_it_gets_further(lost: int) -> None:
    held = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal held
        if request.method == "HEAD":
            return httpx.Response(200, headers={"Upload-Offset": str(held)})
        if request.method == "POST":
            return httpx.Response(200, json={"data": {"uploadSession": {"fileId": "f"}}})
        held += 1
        if held <= lost:
            raise httpx.WriteTimeout("slow")
        held = len(BODY)
        return httpx.Response(204, headers={"Upload-Offset": str(held)})

    with Septet("http://x", "any", transport=httpx.MockTransport(answer)) as septet:
        upload = uploads.Upload("/files/api/uploads/1", len(BODY))
        assert septet.resume_upload(upload, io.BytesIO(BODY)) == "f"


def test_a_key_of_the_caller_is_kept() -> None:
    answers = Answers(httpx.Response(200, json=GOOD))

    client_of(answers).create_audit_log(entry(idempotencyKey="mine"))

    assert b'"idempotencyKey":"mine"' in answers.asked[0].read()


def test_it_gives_up_after_its_attempts_and_says_so() -> None:
    answers = Answers(*[httpx.ConnectError("refused")] * 9)

    with pytest.raises(Unreachable, match="refused"):
        client_of(answers, attempts=2).files()

    assert len(answers.asked) == 2


def test_it_does_not_wait_longer_than_it_may() -> None:
    told = httpx.Response(
        429,
        headers={"Retry-After": "60"},
        json={"errors": [{"message": "slow", "extensions": {"code": "RATE_LIMITED"}}]},
    )
    answers = Answers(told, told)

    with pytest.raises(SeptetError) as error:
        client_of(answers, seconds=5).files()

    assert (error.value.code, error.value.status, len(answers.asked)) == ("RATE_LIMITED", 429, 1)


def test_pauses_grow_and_what_is_not_safe_is_sent_once() -> None:
    lost = httpx.ReadError("cut")
    safe = Attempts(Policy(attempts=3), safe=True)
    once = Attempts(Policy(attempts=3), safe=False)

    assert safe.pause_after(lost) is not None
    assert safe.pause_after(lost) is not None
    assert safe.pause_after(lost) is None
    assert once.pause_after(lost) is None
    assert once.pause_after(httpx.ConnectError("refused")) is not None


def test_what_is_not_the_platform_is_named() -> None:
    with pytest.raises(Unreachable, match="not by the platform"):
        client_of(Answers(httpx.Response(404, text="<html>"))).files()
