"""What metrics cost a request of a program, as a share of its p50.

A query with a key goes through the whole application, in turns with metrics and with the methods
that count doing nothing, so that a busy machine troubles both alike. With --several the counts are
kept in files, as for a server of several processes. Target: at most 5 % of p50.
"""

import argparse
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).resolve().parent.parent
QUERIES = {
    "ten rows": "{ featureFlags(first: 10) { nodes { id key } } }",
    "typename": "{ __typename }",
}
TARGET = 0.05


def main() -> None:
    """Measure, print each figure beside its target, and exit with 1 when one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=300, help="in each turn")
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--several", action="store_true", help="keep the counts in files")
    wanted = parser.parse_args()
    sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
    with tempfile.TemporaryDirectory() as folder:
        # Rate limits would refuse what comes next.
        os.environ |= {
            "DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "project.settings",
            "LOG_LEVEL": "WARNING",
            **dict.fromkeys(
                ("RATE_LIMIT_CREDENTIAL", "RATE_LIMIT_TENANT", "RATE_LIMIT_ADDRESS"), "0"
            ),
        }
        if wanted.several:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        sys.exit(0 if measure(wanted.requests, wanted.turns) else 1)


def measure(requests: int, turns: int) -> bool:
    """Print the figures; tell whether the target is met by the query that reads rows."""
    send = sender()
    shares = {}
    for name, query in QUERIES.items():
        request = send(query)
        for _ in range(requests):
            request()
        with_, without = [], []
        for turn in range(turns):
            for counts in (True, False) if turn % 2 else (False, True):
                found = with_ if counts else without
                with nothing_counted(not counts):
                    found.append(p50(request, requests))
        on, off = median(with_), median(without)
        shares[name] = on / off - 1
        print(f"{name:9} p50 {on:.3f} ms, without metrics {off:.3f} ms: {shares[name]:+.1%}")
    print(f"of ten rows at most {TARGET:.0%}")
    return shares["ten rows"] <= TARGET


def sender() -> Callable[[str], Callable[[], None]]:
    """Return what makes requests of a program that has a key."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from apps.config.services.flags import create_flag
    from kernel.tenancy.context import in_tenant
    from kernel.testing.tenants import make_key, make_tenant
    from project.wsgi import application

    tenant = make_tenant()
    with in_tenant(tenant.pk):
        for number in range(10):
            create_flag(key=f"flag-{number}")
    key = make_key(tenant).secret

    def send(query: str) -> Callable[[], None]:
        body = json.dumps({"query": query}).encode()
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/graphql",
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "HTTP_AUTHORIZATION": f"Bearer {key}",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
        }
        statuses: list[str] = []

        def request() -> None:
            answer = application(
                {**environ, "wsgi.input": io.BytesIO(body)},
                lambda status, _headers: statuses.append(status),
            )
            if not statuses.pop().startswith("200") or b'"errors"' in (said := b"".join(answer)):
                raise SystemExit(f"no answer: {said!r}")

        return request

    return send


def p50(request: Callable[[], None], requests: int) -> float:
    """Return what half of the requests take less than, in milliseconds."""
    took = []
    for _ in range(requests):
        begun = time.perf_counter()
        request()
        took.append(time.perf_counter() - begun)
    return median(took) * 1000


@contextmanager
def nothing_counted(wanted: bool) -> Iterator[None]:
    """Let what counts do nothing during a block, if that is wanted."""
    if not wanted:
        yield
        return
    from prometheus_client import Counter, Gauge, Histogram
    from prometheus_client.values import ValueClass

    def nothing(*_arguments: Any, **_named: Any) -> None:
        return None

    with (
        patch.object(ValueClass, "inc", nothing),
        patch.object(Counter, "inc", nothing),
        patch.object(Histogram, "observe", nothing),
        patch.object(Gauge, "set", nothing),
    ):
        yield


if __name__ == "__main__":
    main()
