"""Reads by real replicas that lag, freeze, die and are promoted: never stale, never an error."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.devservices.fixtures import own_servers
from tests.kernel.database.clusters import SHOW, Cluster, Process, as_role, make_cluster

pytestmark = pytest.mark.live

ROUNDS = 50
FROZEN_SECONDS = 30.0
PAUSE = "SELECT pg_wal_replay_pause()"
RESUME = "SELECT pg_wal_replay_resume()"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Servers that all tests here share; each leaves them running."""
    with own_servers() as servers:
        yield make_cluster(servers, tmp_path_factory.mktemp("cluster"))


def until(true: Callable[[], bool], seconds: float = 30.0) -> float:
    """Ask until it is so, and return for how long it was not."""
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < seconds, "it has not come about"
    return time.monotonic() - begun


def reads_replica(process: Process, folder: str, replica: str = "replica1") -> bool:
    """Read once, and say whether that was at the replica."""
    before = process.reads(replica)
    assert process.ask(SHOW, id=folder).folder is not None
    return process.reads(replica) > before


def test_queries_and_gets_read_a_replica_and_changes_do_not(cluster: Cluster) -> None:
    with cluster.serving() as process:
        folder, headers = process.create("plans")
        until(lambda: reads_replica(process, folder))
        at_replica, at_primary = process.reads("replica1"), process.reads("primary")

        shown = process.ask(SHOW, id=folder)
        process.create("more plans")
        by_get, _ = process.get("/files/api/datasets/")

        assert shown.folder == {"name": "plans"}
        assert headers["x-septet-position"]
        assert "x-septet-position" not in shown.headers
        assert by_get < 500
        assert process.reads("replica1") - at_replica >= 1
        assert process.reads("primary") + process.reads("replica1") == at_primary + at_replica + 2


def test_a_replica_shows_the_rows_of_one_tenant_only(cluster: Cluster) -> None:
    with cluster.serving() as process:
        folder, _ = process.create("secret plans")
        until(lambda: reads_replica(process, folder))
        stranger = Process(process.port, cluster.other_key)
        before = process.reads("replica1")

        assert stranger.ask(SHOW, id=folder).body["data"] == {"folder": None}
        assert process.reads("replica1") == before + 1

    narrow, rows = as_role(cluster.replica), f"FROM files_folder WHERE id = '{folder}'"
    assert cluster.on(narrow, f"SELECT count(*) {rows}") == 0
    assert cluster.on(cluster.replica, f"SELECT count(*) {rows}") == 1


def test_who_has_written_sees_it_while_the_replica_stands_still(cluster: Cluster) -> None:
    with cluster.serving() as first, cluster.serving() as second:
        old, _ = first.create("old")
        until(lambda: reads_replica(first, old) and reads_replica(second, old))
        cluster.on(cluster.replica, PAUSE)
        try:
            seen = []
            for number in range(ROUNDS):
                folder, headers = first.create(f"new {number}")
                place = {"X-Septet-Position": headers["x-septet-position"]}
                # This process remembers who has written; another is told by the header.
                seen.append(first.ask(SHOW, id=folder).folder)
                seen.append(second.ask(SHOW, headers=place, id=folder).folder)
            others = second.ask(SHOW, id=old).folder
        finally:
            cluster.on(cluster.replica, RESUME)
        back = until(lambda: reads_replica(first, old))

    assert seen == [{"name": f"new {number}"} for number in range(ROUNDS) for _ in range(2)]
    assert others == {"name": "old"}
    assert back < 30


def test_a_replica_that_is_too_far_behind_is_not_read(cluster: Cluster) -> None:
    with cluster.serving(DATABASE_REPLICA_LAG="1s") as process:
        folder, _ = process.create("late")
        until(lambda: reads_replica(process, folder))
        cluster.on(cluster.replica, PAUSE)
        try:
            process.create("later")
            stranger = Process(process.port, cluster.other_key)
            until(lambda: not _at_replica(stranger, folder))
        finally:
            cluster.on(cluster.replica, RESUME)
        until(lambda: _at_replica(stranger, folder))


def _at_replica(process: Process, folder: str) -> bool:
    before = process.reads("replica1")
    process.ask(SHOW, id=folder)
    return process.reads("replica1") > before


@pytest.mark.parametrize("broken", [Cluster.dead, Cluster.frozen])
def test_a_replica_that_dies_or_freezes_fails_no_request(
    cluster: Cluster, broken: Callable[[Cluster], AbstractContextManager[None]]
) -> None:
    with cluster.serving() as process:
        folder, _ = process.create(f"steady, {broken.__name__}")
        until(lambda: reads_replica(process, folder))
        with broken(cluster):
            shown = [process.ask(SHOW, id=folder) for _ in range(ROUNDS)]
            made, _ = process.create(f"meanwhile, {broken.__name__}")
            own = process.ask(SHOW, id=made).folder
        until(lambda: reads_replica(process, folder))

    assert [answer.status for answer in shown] == [200] * ROUNDS
    assert {answer.folder["name"] for answer in shown if answer.folder} == {
        f"steady, {broken.__name__}"
    }
    assert own == {"name": f"meanwhile, {broken.__name__}"}


@pytest.mark.nightly
def test_a_replica_that_is_frozen_for_half_a_minute_is_missed_by_nobody(cluster: Cluster) -> None:
    with cluster.serving() as process:
        folder, _ = process.create("steady, for long")
        until(lambda: reads_replica(process, folder))
        made: list[str] = []
        seen = []
        end = time.monotonic() + FROZEN_SECONDS
        with cluster.frozen():
            while time.monotonic() < end:
                made.append(process.create(f"frozen {len(made)}")[0])
                seen.append(process.ask(SHOW, id=made[-1]).folder)
        back = until(lambda: reads_replica(process, folder))
        later = [process.ask(SHOW, id=one).folder for one in made]

    assert len(made) > ROUNDS
    assert seen == later == [{"name": f"frozen {number}"} for number in range(len(made))]
    assert back < 30


def test_of_two_replicas_both_are_read_and_the_good_one_is_left(cluster: Cluster) -> None:
    good = cluster.environment["DATABASE_REPLICA_URLS"]
    away = as_role("postgres://dev@127.0.0.1:1/dev")
    with cluster.serving(DATABASE_REPLICA_URLS=f"{good} {good}") as process:
        folder, _ = process.create("twice")
        until(lambda: reads_replica(process, folder, "replica1"))
        until(lambda: reads_replica(process, folder, "replica2"))
    with cluster.serving(DATABASE_REPLICA_URLS=f"{away} {good}") as process:
        ejected = 'septet_database_replica_ejected{replica="replica1"}'
        until(lambda: reads_replica(process, folder, "replica2") and process.figure(ejected) == 1)


def test_after_a_promotion_the_same_processes_go_on(tmp_path: Path) -> None:
    with own_servers() as servers:
        cluster = make_cluster(servers, tmp_path)
        hosts = [
            url.partition("@")[2].partition("/")[0] for url in (cluster.primary, cluster.replica)
        ]
        url = f"postgres://septet_app:secret@{','.join(hosts)}/dev?target_session_attrs=read-write"
        with cluster.serving(DATABASE_URL=url) as process:
            written = [process.create(f"before {number}")[0] for number in range(ROUNDS)]
            until(lambda: reads_replica(process, written[-1]))
            servers.do("kill", "postgres")
            cluster.on(cluster.replica, "SELECT pg_promote()")

            window = until(lambda: "errors" not in process.ask(SHOW, id=written[0]).body)
            until(lambda: _writes(process))
            found = [process.ask(SHOW, id=folder).folder for folder in written]

    assert found == [{"name": f"before {number}"} for number in range(ROUNDS)]
    assert window < 30


def _writes(process: Process) -> bool:
    answer = process.ask('mutation { createFolder(input: {name: "after"}) { folder { id } } }')
    return "errors" not in answer.body
