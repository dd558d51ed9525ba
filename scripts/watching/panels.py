"""What a dashboard of Grafana is made of, as far as ours use it.

In an expression `{@` stands for the selection that the variables at the top of a board make.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: Grafana 10.4 and later read it; later ones bring it to their own version when they load it.
SCHEMA_VERSION = 39
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
SELECTED = '{job=~"$job",instance=~"$instance"'
#: Of 24 columns: three panels stand in a row.
WIDTH, HEIGHT = 8, 8


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart: queries by the names of their lines, which may have labels in them."""

    title: str
    queries: Mapping[str, str]
    unit: str = "short"
    kind: str = "timeseries"
    told: str = ""
    #: From which value on it is yellow, and red.
    bounds: tuple[float, float] | None = None

    def as_json(self, number: int, x: int, y: int) -> dict[str, Any]:
        """Return the panel as Grafana has it."""
        steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
        if self.bounds:
            yellow, red = self.bounds
            steps += [{"color": "yellow", "value": yellow}, {"color": "red", "value": red}]
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.told,
            "datasource": DATASOURCE,
            "gridPos": {"h": HEIGHT, "w": WIDTH, "x": x, "y": y},
            "fieldConfig": {
                "defaults": {
                    "unit": self.unit,
                    "min": 0,
                    "thresholds": {"mode": "absolute", "steps": steps},
                },
                "overrides": [],
            },
            "options": {} if self.kind == "timeseries" else {"reduceOptions": {"calcs": ["last"]}},
            "targets": [
                {
                    "refId": chr(ord("A") + index),
                    "datasource": DATASOURCE,
                    "expr": expression.replace("{@", SELECTED),
                    "legendFormat": legend,
                    # Measured values that lead to their traces, of which only buckets have any.
                    "exemplar": "_bucket" in expression,
                }
                for index, (legend, expression) in enumerate(self.queries.items())
            ],
        }


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard; its name is that of its file and its address."""

    name: str
    title: str
    panels: Sequence[Panel]
    tags: Sequence[str] = field(default=("septet",))

    def as_json(self) -> dict[str, Any]:
        """Return the dashboard as Grafana has it."""
        return {
            "uid": f"septet-{self.name}",
            "title": f"Septet: {self.title}",
            "tags": list(self.tags),
            "schemaVersion": SCHEMA_VERSION,
            "editable": False,
            "refresh": "30s",
            "time": {"from": "now-1h", "to": "now"},
            "timezone": "browser",
            "templating": {"list": _variables()},
            "annotations": {"list": [_alerts()]},
            "links": [
                {"type": "dashboards", "tags": ["septet"], "title": "Septet", "asDropdown": True}
            ],
            "panels": [
                panel.as_json(index + 1, index % 3 * WIDTH, index // 3 * HEIGHT)
                for index, panel in enumerate(self.panels)
            ],
        }


def lines(title: str, unit: str, told: str = "", /, **queries: str) -> Panel:
    """Return a chart over time; the names of its lines are those of the arguments."""
    return Panel(
        title, {name.replace("_", " "): query for name, query in queries.items()}, unit, told=told
    )


def by(title: str, unit: str, label: str, query: str, told: str = "") -> Panel:
    """Return a chart over time with a line for each value of a label, or of several."""
    legend = " ".join(f"{{{{{one}}}}}" for one in label.split())
    return Panel(title, {legend: query}, unit, told=told)


def number(title: str, unit: str, query: str, bounds: tuple[float, float], told: str = "") -> Panel:
    """Return one number that is green, yellow or red."""
    return Panel(title, {"": query}, unit, "stat", told, bounds)


def quantile(share: float, of: str, labels: str = "") -> str:
    """Return the query of a quantile of a histogram, for each value of some labels."""
    kept = f"le, {labels}" if labels else "le"
    return (
        f"histogram_quantile({share}, sum by ({kept}) (rate({of}_bucket{{@}}[$__rate_interval])))"
    )


def rate(counter: str, labels: str = "", selected: str = "") -> str:
    """Return the query of how much a counter grows each second."""
    told = f"{{@,{selected}}}" if selected else "{@}"
    return f"sum by ({labels}) (rate({counter}{told}[$__rate_interval]))"


def _variables() -> list[dict[str, Any]]:
    return [
        {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"},
        _labels("job", "label_values(graphql_operation_seconds_count, job)", "Job"),
        _labels("instance", 'label_values(up{job=~"$job"}, instance)', "Process"),
    ]


def _labels(name: str, query: str, label: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _alerts() -> dict[str, Any]:
    return {
        "name": "Alerts",
        "enable": True,
        "datasource": DATASOURCE,
        "expr": 'ALERTS{alertstate="firing",severity="page"}',
        "titleFormat": "{{alertname}}",
        "iconColor": "red",
    }
