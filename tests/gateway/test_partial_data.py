"""A service that is dead takes its part out of an answer, and says so there; the rest is told."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from kernel.services import BY_NAME
from tests.gateway.stack import COMMANDS, Answer, Stack, stack

pytestmark = pytest.mark.node

#: Of each service something that is there, under its own name.
OF_SERVICE = {
    "audit": "audit: auditLog(id: $auditLog) { action }",
    "notifications": "notifications: notification(id: $notification) { subject }",
    "files": "files: file(id: $file) { name auditLogs(first: 1) { nodes { action } } }",
    "documents": "documents: document(id: $document) { title }",
    "scheduler": "scheduler: jobSchedule(id: $jobSchedule) { name }",
    "config": "config: featureFlag(id: $featureFlag) { key }",
    "importexport": "importexport: importJob(id: $importJob) { name }",
}
#: Kinds of rows that the seed has.
KINDS = {
    "audit": "auditLog", "notifications": "notification", "files": "file",
    "documents": "document", "scheduler": "jobSchedule", "config": "featureFlag",
    "importexport": "importJob",
}  # fmt: skip
HEALED_SECONDS = 30.0


def asked(running: Stack, gateway: str, services: tuple[str, ...]) -> Answer:
    """Ask for something of each of these services at once."""
    kinds = [KINDS[name] for name in services]
    given = ", ".join(f"${kind}: ID!" for kind in kinds)
    document = f"query({given}) {{ {' '.join(OF_SERVICE[name] for name in services)} }}"
    return running.ask(gateway, document, {kind: running.ids[kind][0] for kind in kinds}, "all")


def healed(running: Stack, gateway: str, services: tuple[str, ...]) -> Answer:
    """Ask until there is no error any more, or time is up."""
    end = time.monotonic() + HEALED_SECONDS
    while (answer := asked(running, gateway, services)).codes and time.monotonic() < end:
        time.sleep(0.1)
    return answer


def located(answer: Answer) -> set[tuple[str, str, str]]:
    """Return where each error is, its code, and the service that it names."""
    return {
        (
            ".".join(map(str, one["path"])),
            one["extensions"]["code"],
            one["extensions"]["serviceName"],
        )
        for one in answer.body["errors"]
    }


def without(data: dict[str, Any], service: str) -> dict[str, Any]:
    """Return what is left of an answer while a service is dead."""
    left: dict[str, Any] = {name: None if name == service else part for name, part in data.items()}
    if service == "audit" and left.get("files"):
        left["files"] = left["files"] | {"auditLogs": None}
    return left


def expected(service: str, services: tuple[str, ...]) -> set[tuple[str, str, str]]:
    places = [service]
    if service == "audit" and "files" in services:
        places.append("files.auditLogs")
    return {(place, "UNAVAILABLE", service) for place in places}


def dies_and_comes_back(running: Stack, gateway: str, service: str, all_: tuple[str, ...]) -> None:
    before = asked(running, gateway, all_)
    with running.killed(service):
        others = tuple(name for name in all_ if name != service)
        partial, rest = asked(running, gateway, all_), asked(running, gateway, others)
    after = healed(running, gateway, all_)

    assert before.codes == set()
    assert all(before.data.values())
    assert partial.status == 200
    assert partial.data == without(before.data, service)
    assert partial.codes == {"UNAVAILABLE"}
    # Apollo Gateway says of a request that failed which service that was, and not where.
    if gateway == "hive":
        assert located(partial) == expected(service, all_)
    assert rest.data == {
        name: part for name, part in without(before.data, service).items() if name != service
    }
    assert (after.data, after.codes) == (before.data, set())


TWO = ("files", "audit")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Two services behind the gateway that we recommend."""
    with stack(tmp_path_factory.mktemp("two"), services=TWO, endpoints=["hive"]) as started:
        yield started


@pytest.mark.parametrize("service", TWO)
def test_of_two_services_one_dies_and_comes_back(two: Stack, service: str) -> None:
    dies_and_comes_back(two, "hive", service, TWO)


def test_a_list_at_the_root_takes_the_whole_answer_and_says_where(two: Stack) -> None:
    logs = "auditLogs(first: 1) { nodes { action } }"

    with two.killed("files"):
        both = two.ask("hive", f"{{ files(first: 1) {{ nodes {{ name }} }} {logs} }}", {}, "all")
        alone = two.ask("hive", f"{{ {logs} }}", {}, "all")

    assert (both.status, both.data) == (200, None)
    assert located(both) == {("files", "UNAVAILABLE", "files")}
    assert alone.codes == set()
    assert len(alone.data["auditLogs"]["nodes"]) == 1


@pytest.fixture(scope="module")
def seven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All services behind both gateways."""
    with stack(tmp_path_factory.mktemp("seven"), endpoints=list(COMMANDS)) as started:
        yield started


@pytest.mark.nightly
@pytest.mark.parametrize("gateway", COMMANDS)
@pytest.mark.parametrize("service", BY_NAME)
def test_each_of_the_seven_dies_in_turn(seven: Stack, gateway: str, service: str) -> None:
    dies_and_comes_back(seven, gateway, service, tuple(BY_NAME))
