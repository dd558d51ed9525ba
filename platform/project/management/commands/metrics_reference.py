"""`manage.py metrics_reference`: the page of all metrics, made of their declarations."""

from itertools import groupby
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

from kernel.observability.catalogue import Told, catalogue, load
from kernel.services import BY_NAME
from project.reference import ReferenceCommand, table

INTRODUCTION = """\
What `/metrics` tells, beside what Prometheus' client tells of Python and of the process. A name is
`<service or mechanism>_<noun>_<unit>`, and that of a counter ends with `_total`. No label is an
id, a tenant, or anything that a caller chooses. *several*: how one value is made of what several
processes at one port say of a gauge; counters and histograms are added up, and what is told of the
database is the same wherever it is asked. *board*: the dashboards that show it, in
`docker/grafana/dashboards`. This page is made by `manage.py metrics_reference`.
"""
HEAD = ("metric", "kind", "labels", "meaning", "several", "board")


class Command(ReferenceCommand):
    """Write the page, or with --check tell that it is out of date."""

    help = "Write docs/reference/metrics.md from the metrics in the code; --check compares."
    name = "metrics"

    def text(self) -> str:
        if set(settings.SERVICES) != set(BY_NAME):
            raise CommandError("this page tells of all services: run it with SERVICES=all")
        load()
        return page(catalogue(), boards())


def boards() -> dict[str, str]:
    """Return the text of each dashboard, by its name."""
    folder = Path(settings.BASE_DIR) / "docker" / "grafana" / "dashboards"
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.json"))}


def page(found: list[Told], shown: dict[str, str]) -> str:
    """Return the reference page."""
    parts = ["# Metrics\n", INTRODUCTION]
    for of, members in groupby(found, key=lambda one: one.of):
        rows = [
            (
                f"`{one.name}`",
                one.kind,
                " ".join(f"`{label}`" for label in one.labels),
                one.meaning,
                one.several,
                ", ".join(name for name, text in shown.items() if is_in(one, text)),
            )
            for one in members
        ]
        parts.append(f"## {of}\n\n{table(HEAD, rows)}")
    return "\n".join(parts)


def is_in(one: Told, text: str) -> bool:
    """Say whether a text asks for a metric: each name there is followed by its selection."""
    return any(f"{name}{end}" in text for name in one.series() for end in ("{", "["))
