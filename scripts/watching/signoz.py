"""The same dashboards and alerts for SigNoz, which asks in PromQL of what its collector keeps.

Of what it is given the collector changes names: a histogram's series end with `.bucket`, `.count`
and `.sum`, and `job` and `instance` are `service.name` and `service.instance.id`. SigNoz works out
no rules of recording, so what these record stands in the queries. Nobody has loaded this into
SigNoz here: docs/observability.md says what stands in.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal
from uuid import UUID, uuid5

from scripts.watching.panels import Board, Panel
from scripts.watching.slos import BURNS, LATE, LEVELS, RUNBOOK

#: Ids of what is made here are made of its names, so that they stay.
NAMESPACE = UUID("6f0a5c8e-64a5-5b6e-9d3f-0d6d1d6f6b57")
#: Of 12 columns.
WIDTH, HEIGHT = 4, 6
#: The collector asks each minute: of less than that there is no rate, nor any second sample.
SHORTEST = "5m"
#: What only Prometheus tells.
NOT_IN_SIGNOZ = ("ALERTS",)
_OF_HISTOGRAM = re.compile(r"\b([a-z]\w*)_(bucket|count|sum)\b(?:\{([^{}]*)\})?")
_RENAMED = {"job": "service.name", "instance": "service.instance.id"}
_RECORDED = re.compile(r'septet:slo_errors:ratio_rate(\w+)\{slo="([\w-]+)"\}')
_COMPARED = re.compile(r"(.+) (>|<|==) ([\d.][\d. *]*)", re.DOTALL)
_FIRST = re.compile(r"[^<>=]+ > ([\d.]+) (?:and|unless) ")
_TOGETHER = re.compile(r" (?:and|or|unless) ")
_OPERATORS = {">": "above", "<": "below", "==": "equal"}
_TEMPLATES = re.compile(r"\{\{ \$value \| \w+ \}\}")


def query(expression: str) -> str:
    """Return what a panel or an alert asks of Prometheus as SigNoz is asked it."""
    text = _RECORDED.sub(lambda found: f"({of_level(found[2], found[1])})", expression)
    text = text.replace("{@,", "{").replace("{@}", "")
    text = text.replace("$__rate_interval", SHORTEST).replace("$__range", "1h")
    text = _OF_HISTOGRAM.sub(_renamed, text)
    return re.sub(
        r"\b(by|on) \(([^)]*)\)",
        lambda found: f"{found[1]} ({', '.join(map(_label, found[2].split(', ')))})",
        text,
    )


def of_level(name: str, window: str) -> str:
    """Return the share of a service level that was bad in a window."""
    (level,) = (one for one in LEVELS if one.name == name)
    bad = level.bad.replace("septet:events_late:bool[W]", f"({LATE})[{window}:1m]")
    return bad.replace("[W]", f"[{window}]")


def _renamed(found: re.Match[str]) -> str:
    inside = f", {found[3]}" if found[3] else ""
    return f'{{"{found[1]}.{found[2]}"{inside}}}'


def _label(name: str) -> str:
    return f'"{_RENAMED[name]}"' if name in _RENAMED else name


def _legend(text: str) -> str:
    for name, told in _RENAMED.items():
        text = text.replace(f"{{{{{name}}}}}", f"{{{{{told}}}}}")
    return text


@dataclass(frozen=True, slots=True)
class Search:
    """A chart of spans or of log records: how many of them, or how long they took."""

    title: str
    of: Literal["traces", "logs"]
    #: Attributes by which lines are told apart.
    by: tuple[str, ...]
    #: Attributes with the values that are wanted; of None only that it is there.
    where: Mapping[str, str | bool | None]
    kind: Literal["count", "p99"] = "count"
    unit: str = "short"


#: Fields of SigNoz' own, with their types; whatever else is an attribute of ours.
FIELDS = {
    "service.name": ("string", "resource"),
    "name": ("string", "tag"),
    "kind_string": ("string", "tag"),
    "has_error": ("bool", "tag"),
    "duration_nano": ("float64", "tag"),
    "severity_text": ("string", "tag"),
}
SEARCHES = (
    Search("Spans that failed", "traces", ("service.name", "error.type"), {"has_error": True}),
    Search("Requests by route", "traces", ("http.route",), {"kind_string": "Server"}),
    Search("99 of 100 requests take less than", "traces", ("http.route",),
           {"kind_string": "Server"}, "p99", "ns"),
    Search("Operations of GraphQL by way", "traces", ("septet.graphql.way",),
           {"septet.graphql.way": None}),
    Search("99 of 100 operations take less than", "traces", ("septet.graphql.way",),
           {"septet.graphql.way": None}, "p99", "ns"),
    Search("Codes of errors", "traces", ("septet.graphql.codes",), {"septet.graphql.codes": None}),
    Search("Jobs by queue", "traces", ("septet.job.queue",), {"septet.job.queue": None}),
    Search("99 of 100 jobs take less than", "traces", ("septet.job.queue",),
           {"septet.job.queue": None}, "p99", "ns"),
    Search("99 of 100 statements take less than", "traces", ("service.name",),
           {"db.query.text": None}, "p99", "ns"),
    Search("Lines of the log", "logs", ("service.name", "severity_text"), {}),
    Search("Errors by service", "logs", ("service.name",), {"severity_text": "ERROR"}),
    Search("Slow statements", "logs", ("service.name",), {"statement": None}),
)  # fmt: skip


def dashboards(boards: Sequence[Board]) -> dict[str, dict[str, Any]]:
    """Return the dashboards by the names of their files."""
    found = {board.name: _board(board) for board in boards}
    found["traces-and-logs"] = _dashboard(
        "traces-and-logs",
        "traces and logs",
        [_searched(one) for one in SEARCHES],
    )
    return found


def _board(board: Board) -> dict[str, Any]:
    panels = [
        panel
        for panel in board.panels
        if not any(name in text for text in panel.queries.values() for name in NOT_IN_SIGNOZ)
    ]
    return _dashboard(
        board.name, board.title, [_panel(board.name, panel) for panel in panels], board.tags
    )


def _dashboard(
    name: str, title: str, widgets: list[dict[str, Any]], tags: Sequence[str] = ("septet",)
) -> dict[str, Any]:
    return {
        "uuid": str(uuid5(NAMESPACE, name)),
        "title": f"Septet: {title}",
        "description": "",
        "tags": list(tags),
        "version": "v4",
        "variables": {},
        "panelMap": {},
        "layout": [
            {
                "i": widget["id"],
                "x": index % 3 * WIDTH,
                "y": index // 3 * HEIGHT,
                "w": WIDTH,
                "h": HEIGHT,
                "moved": False,
                "static": False,
            }
            for index, widget in enumerate(widgets)
        ],
        "widgets": widgets,
    }


def _panel(board: str, panel: Panel) -> dict[str, Any]:
    asked = [
        {"name": chr(ord("A") + at), "query": query(text), "legend": _legend(legend)}
        for at, (legend, text) in enumerate(panel.queries.items())
    ]
    kind = "graph" if panel.kind == "timeseries" else "value"
    widget = _widget(f"{board}/{panel.title}", panel.title, kind, panel.unit, panel.told)
    widget["query"] |= {
        "queryType": "promql",
        "promql": [{**one, "disabled": False} for one in asked],
    }
    widget["thresholds"] = [
        {
            "index": str(uuid5(NAMESPACE, f"{board}/{panel.title}/{colour}")),
            "keyIndex": at,
            "selectedGraph": kind,
            "thresholdColor": colour,
            "thresholdFormat": "Text",
            "thresholdLabel": "",
            "thresholdOperator": ">=",
            "thresholdTableOptions": "",
            "thresholdUnit": panel.unit,
            "thresholdValue": bound,
        }
        for at, (colour, bound) in enumerate(
            # Red is looked at first.
            zip(("Red", "Orange"), (panel.bounds or ())[::-1], strict=False)
        )
    ]
    return widget


def _searched(one: Search) -> dict[str, Any]:
    widget = _widget(f"search/{one.title}", one.title, "graph", one.unit)
    asked = {
        "queryName": "A",
        "expression": "A",
        "dataSource": one.of,
        "aggregateOperator": one.kind,
        "aggregateAttribute": _field("duration_nano") if one.kind == "p99" else _field(""),
        "filters": {
            "op": "AND",
            "items": [
                {
                    "id": f"{at}",
                    "key": _field(name),
                    "op": "exists" if value is None else "=",
                    "value": "" if value is None else value,
                }
                for at, (name, value) in enumerate(one.where.items())
            ],
        },
        "groupBy": [_field(name) for name in one.by],
        "legend": " ".join(f"{{{{{name}}}}}" for name in one.by),
        **dict.fromkeys(("functions", "having", "orderBy"), ()),
        "reduceTo": "avg",
        "timeAggregation": one.kind,
        "spaceAggregation": "sum",
        "stepInterval": 60,
        "limit": 20,
        "disabled": False,
    }
    widget["query"] |= {
        "queryType": "builder",
        "builder": {"queryData": [asked], "queryFormulas": []},
    }
    return widget


def _field(name: str) -> dict[str, Any]:
    kind, of = FIELDS.get(name, ("string", "tag")) if name else ("", "")
    own = name in FIELDS and of == "tag"
    return {
        "key": name,
        "dataType": kind,
        "type": of,
        "isColumn": own,
        "isJSON": False,
        "id": f"{name}--{kind}--{of}--{str(own).lower()}",
    }


def _widget(name: str, title: str, kind: str, unit: str, told: str = "") -> dict[str, Any]:
    return {
        "id": str(uuid5(NAMESPACE, name)),
        "title": title,
        "description": told,
        "panelTypes": kind,
        "yAxisUnit": unit,
        "timePreferance": "GLOBAL_TIME",
        "nullZeroValues": "zero",
        "opacity": "1",
        "isStacked": False,
        "fillSpans": False,
        "softMin": 0,
        "softMax": 0,
        "thresholds": [],
        "query": {
            "id": str(uuid5(NAMESPACE, f"{name}/query")),
            "builder": {"queryData": [], "queryFormulas": []},
            "clickhouse_sql": [],
            "promql": [],
        },
    }


def alerts(causes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the alerts: of service levels, and of the causes that Prometheus' rules name."""
    rules = [rule for group in causes["groups"] for rule in group["rules"]]
    # Who is told that nobody watches has to be asked by somebody else.
    named = [rule for rule in rules if rule["labels"]["severity"] != "none"]
    return [*_burning(), *(_alert(rule) for rule in named)]


def _burning() -> Iterator[dict[str, Any]]:
    for level in LEVELS:
        for name, rate, long, short, lasting, severity in BURNS:
            bound = round(rate * (1 - level.objective), 6)
            yield _rule(
                f"ServiceLevelBurns{name}: {level.name}",
                f"({of_level(level.name, long)}) and ({of_level(level.name, short)}) > {bound:g}",
                ">",
                bound,
                lasting,
                {"severity": severity, "slo": level.name},
                {
                    "summary": f"{level.name}: so much was bad in {long} that it spends the"
                    f" month's budget {rate:g} times too fast.",
                    "runbook": f"{RUNBOOK}#which-one-burns",
                },
            )


def _alert(rule: Mapping[str, Any]) -> dict[str, Any]:
    expression = rule["expr"]
    first = _FIRST.match(expression)
    compared = _COMPARED.fullmatch(expression)
    if first:
        # Its value is that of what comes first, which is over the bound or not there.
        asked, operator, bound = expression, ">", float(first[1])
    elif compared and not _TOGETHER.search(expression):
        asked, operator = compared[1], compared[2]
        bound = prod(float(factor) for factor in compared[3].split("*"))
    else:
        # What compares within itself is there or not, whatever its value is.
        asked, operator, bound = f"({expression}) * 0 + 1", ">", 0.0
    told = {name: _summary(text) for name, text in rule["annotations"].items()}
    lasting = rule.get("for", "0s")
    return _rule(rule["alert"], asked, operator, bound, lasting, rule["labels"], told)


def _summary(text: str) -> str:
    """Return a text with the templates that SigNoz fills: values as they are, labels by name."""
    text = _TEMPLATES.sub("{{$value}}", text)
    return text.replace("{{ $labels.instance }}", "{{$service.instance.id}}")


def _rule(
    name: str,
    expression: str,
    operator: str,
    bound: float,
    lasting: str,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
) -> dict[str, Any]:
    """Return an alert as `POST /api/v2/rules` takes it; who is told is said by SigNoz' policies."""
    at_once = lasting == "0s"
    window = SHORTEST if at_once or lasting in {"1m", "2m"} else lasting
    return {
        "alert": name,
        "alertType": "METRIC_BASED_ALERT",
        "ruleType": "promql_rule",
        "schemaVersion": "v2alpha1",
        "version": "v5",
        "disabled": False,
        "labels": dict(labels),
        "annotations": dict(annotations),
        "condition": {
            "compositeQuery": {
                "queryType": "promql",
                "panelType": "graph",
                "queries": [{"type": "promql", "spec": {"name": "A", "query": query(expression)}}],
            },
            "selectedQueryName": "A",
            "thresholds": {
                "kind": "basic",
                "spec": [
                    {
                        "name": labels["severity"],
                        "op": _OPERATORS[operator],
                        "target": bound,
                        "matchType": "at_least_once" if at_once else "all_the_times",
                        "channels": [],
                    }
                ],
            },
        },
        "evaluation": {"kind": "rolling", "spec": {"evalWindow": window, "frequency": "1m"}},
        "notificationSettings": {
            "usePolicy": True,
            "groupBy": [],
            "renotify": {"enabled": True, "interval": "4h", "alertStates": ["firing"]},
        },
    }
