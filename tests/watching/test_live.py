"""A real Prometheus that scrapes the real platform: what is asked of it, it can answer.

Every query of a dashboard and of a rule finds a series, or is of a metric that is named below with
the reason; every metric is on a dashboard, or named below; and an alert fires when a consumer
stands still, and ends when it goes on.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from django.conf import settings

from kernel.observability.catalogue import Told, catalogue, load
from kernel.testing.embedded import Embedded, embedded
from project.management.commands.metrics_reference import boards, is_in
from tests.devservices.fixtures import Servers
from tests.watching.test_signoz import as_prometheus_has_it, queries

pytestmark = pytest.mark.live

ROOT = Path(settings.BASE_DIR)
RULES = sorted((ROOT / "docker" / "prometheus" / "rules").glob("*.yml"))

NOTIFY = (
    'mutation { createNotification(input: {recipient: "a@example.com", channel: EMAIL,'
    ' subject: "here"}) { error { message } } }'
)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

#: Metrics of which one process on SQLite, well and for some seconds, has no series.
NOT_HERE = {
    "audit_schema_violations_total": "the demo's tenant has no schema of an action",
    "database_pool_connections": "PostgreSQL with DATABASE_POOL_SIZE",
    "database_pool_requests_waiting": "PostgreSQL with DATABASE_POOL_SIZE",
    "events_dead_total": "no event fails for good",
    "events_failed_total": "no event fails",
    "files_derivatives_total": "the demo's pictures may have been made before",
    "importexport_rows_total": "an import or export that runs meanwhile",
    "log_records_total": "OTEL_EXPORTER_OTLP_ENDPOINT",
    "mesh_breaker_open": "a service that fails",
    "mesh_call_seconds": "a question between services",
    "mesh_ejections_total": "a service with a process that fails",
    "mesh_refused_total": "a service that fails",
    "mesh_tries_total": "a question between services",
    "notifications_provider_calls_total": "a provider that is set up",
    "notifications_webhook_posts_total": "an endpoint that is set up",
    "outbound_call_seconds": "an address that somebody gave",
    "outbound_calls_total": "an address that somebody gave",
    "septet_backup_last_timestamp_seconds": "BACKUP_TO, and five minutes",
    "septet_backup_proved_timestamp_seconds": "BACKUP_TO, and five minutes",
    "septet_database_fallbacks_total": "a replica",
    "septet_database_reads_total": "a replica",
    "septet_database_refused_total": "no request is refused by the database",
    "septet_database_replica_ejected": "a replica",
    "septet_database_replica_lag_seconds": "a replica",
    "septet_rate_limit_local_decisions_total": "REDIS_URL",
    "septet_rate_limited_requests_total": "a caller beyond a limit",
    "septet_redis_away": "REDIS_URL",
    "septet_redis_failures_total": "REDIS_URL",
    "septet_requests_shed_total": "more requests than can be answered",
    "septet_stream_events_total": "somebody who listens",
    "septet_stream_listeners": "somebody who listens",
    "septet_stream_listeners_cut_total": "somebody who listens and is too slow",
    "scheduler_runs_ended_total": "a schedule that was due meanwhile",
    "trace_spans_total": "OTEL_EXPORTER_OTLP_ENDPOINT",
}
#: Metrics that no dashboard shows, and why.
ASIDE = {
    **dict.fromkeys(
        (one for one in ("django_migrations_applied_total", "django_migrations_unapplied_total")),
        "never told: readiness says it",
    ),
    **dict.fromkeys(
        ("django_model_inserts_total", "django_model_updates_total", "django_model_deletes_total"),
        "of models that ask for it; none of ours does",
    ),
}
#: What django-prometheus tells beside that by its middlewares.
_OF_DJANGO = re.compile(r"django_(http|cache|db)_")


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A server that scrapes the platform each second."""

    url: str

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the series of a query; fails for one that it does not understand."""
        address = f"{self.url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            with error:
                pytest.fail(f"{query}: {error.read().decode()}")
        return found

    def finds(self, query: str) -> bool:
        """Say whether a query finds a series: after a scrape that came too late there is none."""
        for _ in range(20):
            if self.ask(query):
                return True
            time.sleep(0.5)
        return False

    def values(self, label: str, matching: str) -> list[str]:
        """Return the values of a label, as a variable of Grafana asks for them."""
        address = f"{self.url}/api/v1/label/{label}/values?match[]={urllib.parse.quote(matching)}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            return list(json.load(answer)["data"])

    def traces(self, series: str) -> set[str]:
        """Return the traces that buckets of a histogram lead to, as a panel of Grafana asks."""
        now = time.time()
        asked = {"query": series, "start": now - 600, "end": now + 60}
        address = f"{self.url}/api/v1/query_exemplars?{urllib.parse.urlencode(asked)}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            found = json.load(answer)["data"]
        return {one["labels"]["trace_id"] for series in found for one in series["exemplars"]}

    def firing(self, alert: str) -> bool:
        """Say whether an alert fires."""
        return bool(self.ask(f'ALERTS{{alertname="{alert}",alertstate="firing"}}'))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the platform."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def platform(data: Path) -> Iterator[Embedded]:
    """The whole platform with its demo, under a short load."""
    with embedded(data, {"GRAPHQL_INTROSPECTION": "true"}) as running:
        _load(running)
        yield running


@pytest.fixture(scope="module")
def prometheus(platform: Embedded, servers: Servers) -> Prometheus:
    """A Prometheus with our rules that has scraped the platform for a while."""
    told = servers.up("prometheus")
    target = {"targets": [platform.url.rpartition("/")[2]], "labels": {"job": "septet"}}
    Path(told["PROMETHEUS_TARGETS"]).write_text(json.dumps([target]))
    for file in RULES:
        text = file.read_text()
        if file.name == "causes.yml":
            # Nobody waits here for minutes.
            text = re.sub(
                r"(events_group_lag_seconds\)) > 60\n(\s+for:) 2m", r"\1 > 1\n\2 0s", text
            )
        (Path(told["PROMETHEUS_RULES"]) / file.name).write_text(text)
    server = Prometheus(told["PROMETHEUS_URL"])
    request = urllib.request.Request(f"{server.url}/-/reload", method="POST")
    urllib.request.urlopen(request, timeout=30).close()
    count = "count_over_time(graphql_operation_seconds_count[5m])"
    _until(lambda: any(float(one["value"][1]) >= 5 for one in server.ask(count)))
    _load(platform)
    # Rules are worked out each second, from what was scraped in the second before.
    _until(lambda: server.ask('septet:slo_errors:ratio_rate5m{slo="graphql-availability"}'))
    return server


def _load(platform: Embedded) -> None:
    """Do a little of everything, so that it is counted."""
    queries = [
        "{ files(first: 5) { nodes { id name } } }",
        "{ __schema { types { name } } }",
        "{ nothing }",
        NOTIFY,
        "{ auditLogs(first: 1) { nodes { id action } } }",
    ]
    for query in queries * 3:
        _post(platform, "/graphql", {"query": query})
    entity = '{ _entities(representations: [{__typename: "File", id: "1"}]) { __typename } }'
    for name in settings.SERVICES:
        _post(platform, f"/{name}/graphql", {"query": "{ __typename }"})
    _post(platform, "/files/graphql", {"query": entity})
    _post(platform, "/ofrep/v1/evaluate/flags", {"context": {"targetingKey": "a"}})


def _post(platform: Embedded, path: str, body: Any) -> None:
    request = urllib.request.Request(
        f"{platform.url}{path}",
        json.dumps(body).encode(),
        {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {platform.key}",
            # Whoever asks keeps the trace.
            "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
        },
    )
    try:
        urllib.request.urlopen(request, timeout=30).close()
    except urllib.error.HTTPError as error:
        error.close()


def _until(true: Callable[[], object], seconds: float = 300) -> None:
    """Ask again and again, for another process has to do something first."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.2)


def panels() -> list[tuple[str, str, str]]:
    """Return board, title and expression of everything that a dashboard asks."""
    return [
        (name, panel["title"], target["expr"])
        for name, text in boards().items()
        for panel in json.loads(text)["panels"]
        for target in panel["targets"]
    ]


def filled(expression: str) -> str:
    """Return an expression as Grafana sends it, with everything selected."""
    for name, value in (("$job", ".*"), ("$instance", ".*"), ("$__rate_interval", "5m")):
        expression = expression.replace(name, value)
    return expression.replace("$__range", "5m")


def metrics_in(expression: str) -> set[str]:
    """Return the metrics of ours that an expression asks for."""
    load()
    words = set(re.findall(r"[a-z_:0-9]+", re.sub(r'"[^"]*"', "", expression)))
    return {one.name for one in catalogue() if words.intersection(one.series())}


def test_every_query_of_a_dashboard_finds_something(prometheus: Prometheus) -> None:
    empty = [
        f"{board}, {title}: {expression}"
        for board, title, expression in panels()
        if not metrics_in(expression) & set(NOT_HERE) and not prometheus.finds(filled(expression))
    ]

    assert empty == []


def test_every_query_of_signoz_finds_something_by_the_names_of_prometheus(
    prometheus: Prometheus,
) -> None:
    empty = []
    for where, query in queries():
        asked = as_prometheus_has_it(query)
        prometheus.ask(asked)
        # What an alert compares within itself is there only while it is wrong.
        if "," in where and not metrics_in(asked) & set(NOT_HERE) and not prometheus.finds(asked):
            empty.append(f"{where}: {query}")

    assert empty == []


@pytest.mark.parametrize(
    "series",
    [
        "graphql_operation_seconds_bucket",
        "django_http_requests_latency_seconds_by_view_method_bucket",
        "jobs_duration_seconds_bucket",
    ],
)
def test_what_took_long_leads_to_its_trace(prometheus: Prometheus, series: str) -> None:
    assert prometheus.traces(series) == {TRACE}


def test_every_metric_that_a_rule_asks_for_is_told(prometheus: Prometheus) -> None:
    for file in RULES:
        for group in yaml.safe_load(file.read_text())["groups"]:
            for rule in group["rules"]:
                prometheus.ask(rule["expr"])
                for name in metrics_in(rule["expr"]) - set(NOT_HERE):
                    family = f"{name}(_bucket|_sum|_count)?"
                    assert prometheus.finds(f'count({{__name__=~"{family}"}})'), name


def test_every_variable_of_a_dashboard_has_values(prometheus: Prometheus) -> None:
    for name, text in boards().items():
        for one in json.loads(text)["templating"]["list"]:
            if one["type"] == "datasource":
                continue
            asked = re.fullmatch(r"label_values\((.*), (\w+)\)", one["definition"])
            assert asked, name
            assert prometheus.values(asked[2], filled(asked[1])), (name, one["name"])


def test_what_is_named_as_missing_is_in_the_code() -> None:
    load()
    names = {one.name for one in catalogue()}

    assert set(NOT_HERE) <= names
    assert set(ASIDE) <= names


def test_every_metric_is_on_a_dashboard_or_named() -> None:
    load()
    shown = "".join(boards().values())

    def named(one: Told) -> bool:
        return one.name in ASIDE or bool(_OF_DJANGO.match(one.name))

    assert [one.name for one in catalogue() if not is_in(one, shown) and not named(one)] == []


def test_prometheus_own_tool_finds_nothing_wrong_with_what_is_told(platform: Embedded) -> None:
    program = shutil.which("promtool")
    assert program
    with urllib.request.urlopen(f"{platform.url}/metrics", timeout=30) as answer:
        told = answer.read()

    done = subprocess.run(
        [program, "check", "metrics"], input=told, capture_output=True, check=False
    )
    found = [line for line in done.stderr.decode().splitlines() if not line.startswith("django_")]

    assert found == []


def test_an_alert_fires_when_a_consumer_stands_still_and_ends_when_it_goes_on(
    prometheus: Prometheus, platform: Embedded, data: Path
) -> None:
    group = "audit.trail"
    # What the demo told of is worked off first.
    _until(lambda: not prometheus.firing("EventsGroupLate"))

    def tells_of_another_event() -> bool:
        # Who reads for the group looks once a second whether it stands, and takes one before.
        query = "mutation($name: String!) { createFolder(input: {name: $name}) { folder { id } } }"
        _post(platform, "/graphql", {"query": query, "variables": {"name": uuid4().hex}})
        return prometheus.firing("EventsGroupLate")

    with _standing(data, group):
        _until(tells_of_another_event)
    _until(lambda: not prometheus.firing("EventsGroupLate"))


@contextmanager
def _standing(data: Path, group: str) -> Iterator[None]:
    def events(verb: str) -> None:
        done = subprocess.run(
            [sys.executable, "manage.py", "events", verb, "--group", group],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "DATA_DIR": str(data)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    events("pause")
    yield
    events("resume")
