"""What both gateways do beside joining answers: headers, timeouts, retries, metrics, health."""

import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from project.graph import subgraph
from project.supergraph import compose, endpoint
from tests.gateway.stack import COMMANDS, Answer, Gateway, ask, gateway, installed
from tests.gateway.upstream import Upstream, upstream

pytestmark = pytest.mark.node

READ = "{ auditLogs { totalCount } }"
WRITE = """mutation { createAuditLogs(input: {logs: []}) { error { code } } }"""
COUNTED = (200, {"data": {"auditLogs": {"totalCount": 7}}})
OVERLOADED = (503, {"errors": [{"message": "busy"}]})
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def service() -> Iterator[Upstream]:
    with upstream() as listening:
        yield listening


@pytest.fixture(scope="module", params=COMMANDS)
def running(
    request: pytest.FixtureRequest, service: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """A gateway before one service, which is ours to command."""
    with gateway(
        request.param,
        _supergraph(service, tmp_path_factory.mktemp("gateway")),
        SUBGRAPH_TIMEOUT_MS="1000",
    ) as started:
        yield started


def _supergraph(service: Upstream, folder: Path) -> Path:
    installed("composer")
    file = folder / "supergraph.graphql"
    file.write_text(
        compose({"audit": subgraph("audit").sdl}, {"audit": endpoint("audit", service.url)})
    )
    return file


def outcome(answer: Answer) -> tuple[object, set[str]]:
    return answer.data, answer.codes


def test_a_service_learns_who_asks_and_which_request_it_is_part_of(
    running: Gateway, service: Upstream
) -> None:
    service.answer(COUNTED)

    answer = ask(
        running.graphql,
        READ,
        key="some-key",
        headers={"X-Request-Id": "r-1", "traceparent": TRACE, "tracestate": "a=b"},
    )

    assert outcome(answer) == ({"auditLogs": {"totalCount": 7}}, set())
    (seen,) = service.seen
    assert seen.path == "/audit/graphql"
    assert {name: seen.headers.get(name) for name in ("authorization", "x-request-id")} == {
        "authorization": "Bearer some-key",
        "x-request-id": "r-1",
    }
    assert (seen.headers["traceparent"], seen.headers["tracestate"]) == (TRACE, "a=b")


def test_cookies_and_whatever_else_came_stay_outside(running: Gateway, service: Upstream) -> None:
    service.answer(COUNTED)

    ask(running.graphql, READ, headers={"Cookie": "sessionid=s", "X-Forwarded-User": "admin"})

    (seen,) = service.seen
    assert {"cookie", "x-forwarded-user", "authorization"} & set(seen.headers) == set()


def test_a_request_without_an_id_is_given_one(running: Gateway, service: Upstream) -> None:
    service.answer(COUNTED)

    ask(running.graphql, READ)
    ask(running.graphql, READ)

    first, second = (seen.headers["x-request-id"] for seen in service.seen)
    assert len(first) >= 32
    assert first != second


@pytest.mark.parametrize("failure", [OVERLOADED, None], ids=["503", "hung up"])
def test_a_read_is_tried_again(
    running: Gateway, service: Upstream, failure: tuple[int, object] | None
) -> None:
    service.answer(failure, failure, COUNTED)

    answer = ask(running.graphql, READ)

    assert outcome(answer) == ({"auditLogs": {"totalCount": 7}}, set())
    assert len(service.seen) == 3


def test_a_read_is_given_up_in_the_end(running: Gateway, service: Upstream) -> None:
    service.answer(OVERLOADED)

    answer = ask(running.graphql, READ)

    assert outcome(answer) == (None, {"UNAVAILABLE"})
    assert len(service.seen) == 3


@pytest.mark.parametrize("failure", [OVERLOADED, None], ids=["503", "hung up"])
def test_a_write_is_never_sent_twice(
    running: Gateway, service: Upstream, failure: tuple[int, object] | None
) -> None:
    service.answer(failure)

    answer = ask(running.graphql, WRITE)

    assert outcome(answer) == (None, {"UNAVAILABLE"})
    assert len(service.seen) == 1


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        ((200, {"errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}]}), "FORBIDDEN"),
        (
            (401, {"errors": [{"message": "who?", "extensions": {"code": "UNAUTHENTICATED"}}]}),
            "UNAUTHENTICATED",
        ),
        (
            (400, {"errors": [{"message": "?", "extensions": {"code": "LIMIT_EXCEEDED"}}]}),
            "LIMIT_EXCEEDED",
        ),
    ],
)
def test_a_refusal_is_handed_on_with_its_code_and_not_argued_with(
    running: Gateway, service: Upstream, refusal: tuple[int, object], code: str
) -> None:
    service.answer(refusal)

    answer = ask(running.graphql, READ)

    assert outcome(answer) == (None, {code})
    assert len(service.seen) == 1


@pytest.mark.parametrize("document", [READ, WRITE], ids=["read", "write"])
def test_a_silent_service_is_left_after_the_timeout(
    running: Gateway, service: Upstream, document: str
) -> None:
    service.answer(COUNTED)
    service.talking.clear()
    started = time.monotonic()

    answer = ask(running.graphql, document)

    took = time.monotonic() - started
    service.talking.set()
    assert outcome(answer) == (None, {"UNAVAILABLE"})
    assert 0.9 <= took < 3
    assert len(service.seen) == 1


def test_an_error_names_no_address(running: Gateway, service: Upstream) -> None:
    service.answer(None)

    answer = ask(running.graphql, WRITE)

    assert answer.codes == {"UNAVAILABLE"}
    assert "127.0.0.1" not in str(answer.body)


def test_it_counts_what_it_was_asked(running: Gateway, service: Upstream) -> None:
    service.answer(COUNTED)
    ask(running.graphql, "query ChosenByAStranger { auditLogs { totalCount } }")

    metrics = _get(f"{running.url}/metrics")

    assert "audit" in metrics
    assert "_bucket{" in metrics
    assert "ChosenByAStranger" not in metrics


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_it_says_that_it_is_well(running: Gateway, path: str) -> None:
    with urllib.request.urlopen(f"{running.url}{path}", timeout=10) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("kind", "polling"),
    # Hive Gateway looks every ten seconds at most.
    [("apollo", "100"), pytest.param("hive", "10000", marks=pytest.mark.nightly)],
)
def test_a_new_supergraph_is_taken_over_and_a_broken_one_is_not(
    kind: str, polling: str, service: Upstream, tmp_path: Path
) -> None:
    file = _supergraph(service, tmp_path)
    whole = file.read_text()

    def replace(text: str) -> None:
        draft = file.with_suffix(".new")
        draft.write_text(text)
        draft.replace(file)

    def wait_for(name: str) -> None:
        asked = f'{{ __type(name: "{name}") {{ name }} }}'
        give_up = time.monotonic() + 30
        while ask(started.graphql, asked).data != {"__type": {"name": name}}:
            assert time.monotonic() < give_up, f"no {name}: {started.server.said}"

    with gateway(kind, file, SUPERGRAPH_POLLING_MS=polling) as started:
        wait_for("AuditActor")
        replace(whole.replace("AuditActor", "First"))
        wait_for("First")
        replace("type Query {")
        seen = time.monotonic() + 1.5 * int(polling) / 1000
        while time.monotonic() < seen:
            wait_for("First")
        replace(whole.replace("AuditActor", "Second"))
        wait_for("Second")


@pytest.mark.parametrize("kind", COMMANDS)
def test_it_ends_when_told(kind: str, service: Upstream, tmp_path: Path) -> None:
    with gateway(kind, _supergraph(service, tmp_path)) as started:
        assert started.server.stop() == 0


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as response:
        return str(response.read().decode())
