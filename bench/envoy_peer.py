"""Envoy beside a caller, with the policy of `kernel.mesh` as far as it has words for it.

It balances by requests under way, not by latency, and has no breaker that counts failures: a
service of which all processes fail is asked for as long as anybody asks.
"""

import json
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any, Self

import urllib3

START_SECONDS = 30
#: What makes figures comparable: one thread as there is one interpreter, and no word while it runs.
ALONE = ("--disable-hot-restart", "--concurrency", "1", "--log-level", "error")
_TYPES = "type.googleapis.com/envoy.extensions"


class Envoy:
    """Envoy before these processes, each at `http://127.0.0.1:<port>`."""

    def __init__(self, ports: list[int], folder: Path) -> None:
        from tests.docker.tools import envoy
        from tests.kernel.mesh.test_processes import free_ports

        self._port, self._admin = free_ports(2)
        file = folder / f"envoy-{self._port}.json"
        file.write_text(json.dumps(configuration(self._port, self._admin, ports)))
        self._command = [str(envoy()), "--config-path", str(file), *ALONE]
        self._pool = urllib3.PoolManager(maxsize=16, retries=False)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command)
        until = time.monotonic() + START_SECONDS
        while not self._ready():
            assert time.monotonic() < until, "Envoy does not start"
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def call(self) -> bool:
        """Call once, and say whether that went well."""
        url = f"http://127.0.0.1:{self._port}/"
        return self._pool.request("POST", url, body=b"x" * 200, timeout=5).status == 200

    def sent(self) -> Counter[str]:
        """Return how often each process was asked; who refuses a connection was asked too."""
        told = self._pool.request("GET", f"http://127.0.0.1:{self._admin}/clusters?format=json")
        found: Counter[str] = Counter()
        for host in told.json()["cluster_statuses"][0]["host_statuses"]:
            port = host["address"]["socket_address"]["port_value"]
            stats = {one["name"]: int(one.get("value", 0)) for one in host["stats"]}
            found[f"http://127.0.0.1:{port}"] = stats["rq_total"] + stats["cx_connect_fail"]
        return found

    def _ready(self) -> bool:
        try:
            return self._pool.request("GET", f"http://127.0.0.1:{self._admin}/ready").status == 200
        except urllib3.exceptions.HTTPError:
            return False


def configuration(port: int, admin: int, ports: list[int]) -> dict[str, Any]:
    """Return Envoy's, with the numbers of Retrying, Ejecting and Policy."""
    again = {
        "retry_on": "gateway-error,reset,connect-failure,refused-stream",
        "num_retries": 2,
        "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
        "retry_host_predicate": [
            {
                "name": "envoy.retry_host_predicates.previous_hosts",
                "typed_config": {
                    "@type": f"{_TYPES}.retry.host.previous_hosts.v3.PreviousHostsPredicate"
                },
            }
        ],
        "host_selection_retry_max_attempts": 3,
    }
    route = {"cluster": "files", "timeout": "5s", "retry_policy": again}
    manager = {
        "@type": f"{_TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "mesh",
        # An id for each request is the client's own doing, and left out there too.
        "generate_request_id": False,
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "route": route}],
                }
            ]
        },
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{_TYPES}.filters.http.router.v3.Router"},
            }
        ],
    }
    chain = {
        "filters": [
            {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
        ]
    }
    return {
        "admin": {"address": _at(admin)},
        "static_resources": {
            "listeners": [{"name": "mesh", "address": _at(port), "filter_chains": [chain]}],
            "clusters": [_cluster(ports)],
        },
    }


def _cluster(ports: list[int]) -> dict[str, Any]:
    return {
        "name": "files",
        "type": "STATIC",
        "connect_timeout": "1s",
        # The better of two drawn by chance.
        "lb_policy": "LEAST_REQUEST",
        "outlier_detection": {
            "consecutive_5xx": 5,
            "interval": "0.5s",
            "base_ejection_time": "2s",
            "max_ejection_time": "8s",
            "max_ejection_percent": 50,
        },
        # As the client: half at most are left out, and the others are asked however they do.
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        # Of what is under way, and three at the same time at any rate, which is its default. With
        # one it sends less in an outage, and fails more with one of three dead.
        "circuit_breakers": {
            "thresholds": [
                {"retry_budget": {"budget_percent": {"value": 20}, "min_retry_concurrency": 3}}
            ]
        },
        "load_assignment": {
            "cluster_name": "files",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _at(p)}} for p in ports]}],
        },
    }


def _at(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
