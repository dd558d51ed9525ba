"""Real processes, killed at random moments: nothing is lost, nothing is doubled, and it goes on.

`SEED=… KILLS=… pytest -m nightly tests/faults/test_kills.py` repeats a run, as far as real
processes can be repeated.
"""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.devservices.fixtures import Servers
from tests.faults.kills import LEASE_SECONDS, Broker, allowed, check, outage, pipeline, rounds

SEED = int(os.environ.get("SEED", "1"))
KILLS = int(os.environ.get("KILLS", "1000"))


#: How long brokers wait for a member of a group before others get its partitions, in devservices.
SESSION_SECONDS = 6
#: Between two writes, where nobody may be left for seconds: to catch up is no part of recovery.
SELDOM = {"PAUSE_SECONDS": "0.2"}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.live)])
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    """The variables of a database of the test's own."""
    return {} if request.param == "sqlite" else own_postgres(request)


@pytest.fixture
def kafka(request: pytest.FixtureRequest, servers: Servers) -> dict[str, str]:
    """The variables of a database and of topics of the test's own."""
    return own_postgres(request) | {
        "KAFKA_BOOTSTRAP_SERVERS": servers.up("kafka")["KAFKA_BOOTSTRAP_SERVERS"],
        "KAFKA_PREFIX": f"faults-{secrets.token_hex(4)}-",
    }


@pytest.fixture
def celery(request: pytest.FixtureRequest, servers: Servers) -> dict[str, str]:
    """The variables of a database of the test's own, and of Redis for Celery."""
    url = servers.up("redis")["REDIS_URL"]
    return own_postgres(request) | {
        "CELERY_BROKER_URL": url,
        "WORKER_THREADS": "2",
    }


def own_postgres(request: pytest.FixtureRequest) -> dict[str, str]:
    url = request.getfixturevalue("postgres_url")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS faults WITH (FORCE)")
        connection.execute("CREATE DATABASE faults")
    return {"DATABASE_URL": urlsplit(url)._replace(path="/faults").geturl()}


def killed(
    folder: Path,
    variables: dict[str, str],
    kills: int,
    victims: Sequence[str],
    broker: Broker | None = None,
) -> dict[str, float]:
    """Return the longest recovery from each victim, once all is found in order."""
    with pipeline(folder, **variables) as made:
        made.recover()
        taken = rounds(made, seed=SEED, kills=kills, victims=victims, broker=broker)
        check(made)
    return taken


def killed_in_process(folder: Path, variables: dict[str, str], kills: int) -> None:
    taken = killed(folder, variables, kills, ("relay", "consumer", "worker", "web"))

    assert max(taken.values()) < allowed(LEASE_SECONDS), taken


def killed_over_kafka(
    folder: Path, variables: dict[str, str], kills: int, servers: Servers
) -> None:
    victims = ("broker", "relay", "consumer", "web")
    taken = killed(folder, variables | SELDOM, kills, victims, Broker(servers))

    # When the broker is back, also one that was killed before is waited for as long.
    assert max(taken.values()) < allowed(SESSION_SECONDS), taken


def killed_over_celery(
    folder: Path, variables: dict[str, str], kills: int, servers: Servers
) -> None:
    victims = ("worker", "broker", "web")
    taken = killed(folder, variables | SELDOM, kills, victims, Broker(servers, "redis"))

    assert max(taken.values()) < allowed(LEASE_SECONDS), taken


def broker_is_away(
    folder: Path, variables: dict[str, str], seconds: float, servers: Servers
) -> None:
    with pipeline(folder, **variables) as made:
        outage(made, Broker(servers), seconds)
        check(made)


def test_a_pipeline_that_is_killed_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, database: dict[str, str]
) -> None:
    killed_in_process(tmp_path, database, 5)


@pytest.mark.live
def test_over_kafka_a_pipeline_and_its_broker_are_killed_without_a_loss(
    tmp_path: Path, kafka: dict[str, str], servers: Servers
) -> None:
    killed_over_kafka(tmp_path, kafka, 5, servers)


@pytest.mark.live
def test_celery_workers_their_broker_and_who_enqueues_are_killed_without_a_loss(
    tmp_path: Path, celery: dict[str, str], servers: Servers
) -> None:
    killed_over_celery(tmp_path, celery, 5, servers)


@pytest.mark.live
def test_writers_notice_nothing_of_a_broker_that_is_away(
    tmp_path: Path, kafka: dict[str, str], servers: Servers
) -> None:
    broker_is_away(tmp_path, kafka, 5, servers)


@pytest.mark.nightly
def test_writers_notice_nothing_of_a_broker_that_is_away_for_a_minute(
    tmp_path: Path, kafka: dict[str, str], servers: Servers
) -> None:
    broker_is_away(tmp_path, kafka, 60, servers)


@pytest.mark.nightly
def test_a_pipeline_that_is_killed_a_thousand_times(
    tmp_path: Path, database: dict[str, str]
) -> None:
    killed_in_process(tmp_path, database, KILLS)


@pytest.mark.nightly
def test_over_kafka_a_pipeline_and_its_broker_are_killed_a_thousand_times(
    tmp_path: Path, kafka: dict[str, str], servers: Servers
) -> None:
    killed_over_kafka(tmp_path, kafka, KILLS, servers)


@pytest.mark.nightly
def test_celery_workers_their_broker_and_who_enqueues_are_killed_a_thousand_times(
    tmp_path: Path, celery: dict[str, str], servers: Servers
) -> None:
    killed_over_celery(tmp_path, celery, KILLS, servers)
