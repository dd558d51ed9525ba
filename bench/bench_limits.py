"""What rate limits and idempotency keys cost a request.

The limiter: CPU of this process for all that a request with a key pays for being limited, in memory
and in Redis, and the round trips to Redis, counted by Redis itself. Targets: at most 0.1 ms in
memory, one round trip. Redis comes from `devservices`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DEVSERVICES = ROOT / "tests" / "devservices" / "devservices"
ROUNDS = 7
LOCAL_TARGET_MS = 0.1


def main() -> None:
    """Measure, print each figure beside its target, and exit with 1 when one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=5_000, help="in each round")
    wanted = parser.parse_args()
    if "REDIS_URL" not in os.environ:
        # Again, with a Redis of its own that ends with it.
        again = [sys.executable, *sys.argv]
        sys.exit(subprocess.call([str(DEVSERVICES), "run", "redis", "--", *again]))
    sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.pop("REDIS_URL")
        os.environ |= {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "project.settings"}
        import django

        django.setup()
        sys.exit(0 if measure(url, wanted.requests) else 1)


def measure(url: str, requests: int) -> bool:
    """Print the figures; tell whether the targets are met."""
    from redis import Redis

    from kernel.ratelimits.local import LocalStore
    from kernel.ratelimits.shared import SharedStore
    from kernel.redis.clients import connect

    local = per_request(limited_by(LocalStore()), requests)
    shared = limited_by(SharedStore(lambda: connect(url)))
    shared(0)
    with Redis.from_url(url) as redis:
        before = calls(redis)
        in_redis = per_request(shared, requests)
        trips = (calls(redis) - before) / (requests * ROUNDS)
    print(f"{requests} requests a round, median of {ROUNDS} rounds")
    print(f"in memory   {local:.4f} ms CPU       at most {LOCAL_TARGET_MS} ms")
    print(f"in Redis    {in_redis:.4f} ms CPU, {trips:.3f} round trips   at most 1 round trip")
    return local <= LOCAL_TARGET_MS and trips <= 1


def limited_by(store: Any) -> Callable[[int], None]:
    """Return what a request with a key does to be limited; whose key it is, is known."""
    from django.test import RequestFactory

    from kernel.ratelimits import visit
    from kernel.ratelimits.gcra import Policy
    from kernel.ratelimits.limiter import Limiter
    from kernel.tenancy.context import Principal

    policies = {
        name: Policy(name, 2_000_000_000, 2_000_000_000)
        for name in ("credential", "tenant", "address", "attempts")
    }
    limiter = Limiter(store, **policies)
    callers = [
        Principal(
            kind="key", id=f"{number:016x}", name="a", tenant_id=uuid.uuid4(), scopes=frozenset()
        )
        for number in range(1_000)
    ]
    header = f"Bearer septet_live_{'0' * 16}_{'0' * 64}"
    asked = RequestFactory().post("/graphql", headers={"Authorization": header})

    def request(number: int) -> None:
        visit.limiter = lambda: limiter
        visit.authenticate = lambda _asked, _signed: callers[number % len(callers)]
        one = visit.Visit(asked)
        one.admit()
        one.charge(21)
        one.ended()

    return request


def per_request(request: Callable[[int], None], requests: int) -> float:
    """Return milliseconds of CPU for one request."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for number in range(requests):
            request(number)
        rounds.append((time.process_time() - began) / requests * 1_000)
    return median(rounds)


def calls(redis: Any) -> int:
    """Return how many commands clients have sent, but those that ask for it."""
    told = redis.info("commandstats")
    # What a script does inside the server is no round trip.
    inside = {"cmdstat_get", "cmdstat_set", "cmdstat_time", "cmdstat_info"}
    return sum(figures["calls"] for name, figures in told.items() if name not in inside)


if __name__ == "__main__":
    main()
