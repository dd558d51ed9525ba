"""The brokers that may carry jobs, beside one plain Redis: with TLS, and behind Sentinels."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devservices.fixtures import Servers, own_servers
from tests.kernel.celery.conftest import Console, open_console, told_to_stop, working
from tests.nights import at_night

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

LEASE_SECONDS = 3


@pytest.fixture(scope="module")
def mortal() -> Iterator[Servers]:
    """Servers that these tests may kill."""
    with own_servers() as started:
        yield started


@pytest.fixture(params=["tls", "sentinels"])
def broker(request: pytest.FixtureRequest) -> str:
    """What carries jobs."""
    return str(request.param)


@pytest.fixture
def celery_environment(broker: str, environment: dict[str, str], mortal: Servers) -> dict[str, str]:
    """What processes are given with this broker, which is empty."""
    if broker == "tls":
        given = mortal.up("redis")
        trusted = f"?ssl_ca_certs={given['REDIS_SECURE_CA_FILE']}"
        told = {"CELERY_BROKER_URL": given["REDIS_URL_SECURE"] + trusted}
    else:
        given = mortal.up("redis-sentinel")
        urls = [f"sentinel://{host}/3" for host in given["REDIS_SENTINELS"].split(",")]
        told = {
            "CELERY_BROKER_URL": ";".join(urls),
            "CELERY_SENTINEL_MASTER": given["REDIS_SENTINEL_MASTER"],
        }
    return environment | told | {"LEASE_SECONDS": str(LEASE_SECONDS)}


@pytest.mark.parametrize("pool", ["prefork", *at_night("threads")])
def test_jobs_outlive_a_worker_and_their_broker(
    pool: str,
    broker: str,
    celery_environment: dict[str, str],
    console: Console,
    mortal: Servers,
    gate: Path,
) -> None:
    with working("celery", celery_environment | {"POOL": pool}) as first:
        console("enqueue", "tests.wait", "a", "b")
        console("effects", 2)
        first.kill()

    with working("celery", celery_environment | {"POOL": pool}) as second:
        began = time.monotonic()
        console("effects", 4)
        assert time.monotonic() - began < LEASE_SECONDS + 5
        if broker == "tls":
            mortal.do("kill", "redis")
        else:
            # Its replica is made the master, and the Sentinels tell who asks.
            mortal.do("kill", "sentinel-master")
        slowest = max(console("timed", "tests.record", str(number)) for number in range(5))
        if broker == "tls":
            mortal.do("start", "redis")
        gate.touch()
        shown = console("ended")
        told_to_stop(second)

    assert slowest < 0.2
    assert [attempts for *_, attempts in shown] == [2, 2, 1, 1, 1, 1, 1]
    assert {state for _, _, state, _ in shown} == {"done"}
    mortal.do("stop", "redis" if broker == "tls" else "redis-sentinel")


@pytest.mark.parametrize("broker", ["tls"], indirect=True)
def test_a_server_that_nobody_vouches_for_is_told_nothing(
    celery_environment: dict[str, str], console: Console
) -> None:
    assert console("ping") == ""

    url, _, _ = celery_environment["CELERY_BROKER_URL"].partition("?")
    for strict in open_console(celery_environment | {"CELERY_BROKER_URL": url}):
        assert "certificate verify failed" in strict("ping")
