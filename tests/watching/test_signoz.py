"""Dashboards and alerts for SigNoz: of the shape that it publishes, of names that there are."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from kernel.observability.catalogue import catalogue, load
from kernel.services import BY_NAME
from scripts.watching import signoz
from scripts.watching.boards import BOARDS
from scripts.watching.slos import BURNS, LEVELS

pytestmark = pytest.mark.skipif(
    set(settings.SERVICES) != set(BY_NAME), reason="their metrics are those of all services"
)

ROOT = Path(settings.BASE_DIR)
SIGNOZ = ROOT / "docker" / "signoz"
#: What the collector tells of a scrape, and Python's client of a process.
OF_OTHERS = re.compile(r"up|process_\w+|python_gc_\w+")
#: Labels that are no metric's own.
ADDED = {"le", "service.name", "service.instance.id", "generation"}
_WORDS = {
    *("abs", "and", "avg_over_time", "bool", "by", "clamp_max", "count", "histogram_quantile"),
    *("increase", "max", "min", "on", "or", "rate", "sum", "time", "unless", "vector"),
}


def boards() -> dict[str, dict[str, Any]]:
    """Return the dashboards by the names of their files."""
    return {
        path.stem: json.loads(path.read_text())
        for path in sorted((SIGNOZ / "dashboards").glob("*.json"))
    }


def alerts() -> list[dict[str, Any]]:
    """Return all alerts."""
    found: list[dict[str, Any]] = json.loads((SIGNOZ / "alerts.json").read_text())
    return found


def queries() -> Iterator[tuple[str, str]]:
    """Yield where something is asked in PromQL, and what."""
    for name, board in boards().items():
        for widget in board["widgets"]:
            for one in widget["query"]["promql"]:
                yield f"{name}, {widget['title']}", one["query"]
    for alert in alerts():
        for one in alert["condition"]["compositeQuery"]["queries"]:
            yield alert["alert"], one["spec"]["query"]


def as_prometheus_has_it(query: str) -> str:
    """Return a query of SigNoz with the names that Prometheus keeps things by."""
    text = re.sub(
        r'\{"(\w+)\.(bucket|count|sum)"(?:, ([^{}]*))?\}',
        lambda found: f"{found[1]}_{found[2]}{{{found[3] or ''}}}",
        query,
    )
    text = text.replace('"service.instance.id"', "instance").replace('"service.name"', "job")
    # Nobody waits here for a minute to be full.
    return text.replace(":1m]", ":1s]")


def named_in(query: str) -> set[tuple[str, str]]:
    """Return the series that a query names, each with what the collector put to its name."""
    histograms = set(re.findall(r'\{"(\w+)\.(bucket|count|sum)"', query))
    text = re.sub(r"\{[^{}]*\}|\b(?:by|on) \([^)]*\)|\[[^\]]*\]", " ", query)
    words = set(re.findall(r"\b[a-z][a-z_:0-9]*", text)) - _WORDS
    return histograms | {(word, "") for word in words}


def labels_in(query: str) -> set[str]:
    """Return the labels by which a query selects or adds up."""
    inside = re.findall(r"\{([^{}]*)\}", query)
    selected = {name for text in inside for name in re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", text)}
    lists = re.findall(r"\b(?:by|on) \(([^)]*)\)", query)
    return selected | {name.strip(' "') for text in lists for name in text.split(",")}


def test_each_query_names_series_and_labels_that_there_are() -> None:
    load()
    known = {one.name: one for one in catalogue()}
    asked = list(queries())

    assert len(asked) > 100
    for where, query in asked:
        labels: set[str] = set()
        for name, end in named_in(query):
            if OF_OTHERS.fullmatch(name):
                continue
            assert name in known, (where, name)
            assert (known[name].kind == "histogram") == bool(end), (where, name)
            labels |= set(known[name].labels)
        assert labels_in(query) <= labels | ADDED, where
        assert "$" not in query, where
        assert "@" not in query, where


def test_each_chart_of_grafana_is_there_but_for_alerts_that_are_signoz_own() -> None:
    shown = boards()

    for board in BOARDS:
        titles = [widget["title"] for widget in shown[board.name]["widgets"]]
        assert [panel.title for panel in board.panels if panel.title not in titles] in (
            [],
            ["Alerts for the people on call"],
        )


def test_a_search_names_fields_of_signoz_or_attributes_that_the_code_tells() -> None:
    folders = (ROOT / "platform", ROOT / "apps")
    code = "".join(path.read_text() for one in folders for path in one.rglob("*.py"))

    for one in signoz.SEARCHES:
        for name in {*one.by, *one.where} - set(signoz.FIELDS):
            assert f'"{name}"' in code, (one.title, name)


def test_a_dashboard_has_a_place_for_each_chart_and_ids_that_are_nobody_elses() -> None:
    ids: list[str] = []
    for board in boards().values():
        assert board["version"] == "v4"
        assert [one["i"] for one in board["layout"]] == [one["id"] for one in board["widgets"]]
        assert all(one["x"] + one["w"] <= 12 for one in board["layout"])
        for widget in board["widgets"]:
            asked = widget["query"]
            assert asked[{"promql": "promql", "builder": "builder"}[asked["queryType"]]]
            assert widget["panelTypes"] in {"graph", "value"}
        ids += [board["uuid"], *(one["id"] for one in board["widgets"])]

    assert len(set(ids)) == len(ids)


def test_there_is_an_alert_for_each_of_prometheus_and_each_speed_of_each_service_level() -> None:
    causes = yaml.safe_load((ROOT / "docker/prometheus/rules/causes.yml").read_text())
    wanted = {
        rule["alert"]: rule["labels"]["severity"]
        for group in causes["groups"]
        for rule in group["rules"]
        if rule["alert"] != "Watchdog"
    }
    for level in LEVELS:
        for name, *_, severity in BURNS:
            wanted[f"ServiceLevelBurns{name}: {level.name}"] = severity

    assert {one["alert"]: one["labels"]["severity"] for one in alerts()} == wanted
    for one in alerts():
        (threshold,) = one["condition"]["thresholds"]["spec"]
        assert threshold["name"] == one["labels"]["severity"]
        assert threshold["op"] in {"above", "below", "equal"}
        # Without a channel SigNoz asks its policies, so that none has to be there before.
        assert one["notificationSettings"]["usePolicy"] is True
        assert (ROOT / one["annotations"]["runbook"].partition("#")[0]).exists()
        assert "|" not in one["annotations"]["summary"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("sum(rate(a_total{@}[$__rate_interval]))", "sum(rate(a_total[5m]))"),
        (
            'sum by (le, queue) (rate(a_seconds_bucket{@,queue="x"}[5m]))',
            'sum by (le, queue) (rate({"a_seconds.bucket", queue="x"}[5m]))',
        ),
        ("max by (instance) (a{@})", 'max by ("service.instance.id") (a)'),
        ("rate(a_seconds_count{@}[5m])", 'rate({"a_seconds.count"}[5m])'),
        (
            'septet:slo_errors:ratio_rate1h{slo="event-age"}',
            "(avg_over_time((max(events_group_lag_seconds) > bool 60)[1h:1m]))",
        ),
    ],
)
def test_a_query_is_put_as_the_collector_keeps_things(asked: str, told: str) -> None:
    assert signoz.query(asked) == told
