"""Service levels, and the rules that tell when one is spent too fast.

Several windows and rates of burning, as chapter 5 of Google's "The Site Reliability Workbook" has
them: an alert needs a long window, so that it means something, and a short one, so that it ends
soon after its cause.
"""

from dataclasses import dataclass
from typing import Any

RUNBOOK = "docs/runbooks/service-levels.md"
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


@dataclass(frozen=True, slots=True)
class Level:
    """What share of something has to be good, and the query of the share that is bad."""

    name: str
    objective: float
    #: `[W]` stands for the window.
    bad: str


# A counter with a label is not there before it has counted once: then there was none.
#: Answers that the caller could do nothing about.
_OURS = 'code=~"INTERNAL|UNAVAILABLE|DEADLINE_EXCEEDED"'
LEVELS = (
    Level(
        "http-availability",
        0.999,
        '(sum(rate(django_http_responses_total_by_status_total{status=~"5.."}[W])) or vector(0))'
        " / sum(rate(django_http_responses_total_by_status_total[W]))",
    ),
    Level(
        "graphql-availability",
        0.999,
        f"clamp_max((sum(rate(graphql_errors_total{{{_OURS}}}[W])) or vector(0))"
        " / sum(rate(graphql_operation_seconds_count[W])), 1)",
    ),
    Level(
        "graphql-latency",
        0.99,
        '1 - sum(rate(graphql_operation_seconds_bucket{le="0.5"}[W]))'
        " / sum(rate(graphql_operation_seconds_count[W]))",
    ),
    Level(
        "http-latency",
        0.99,
        '1 - sum(rate(django_http_requests_latency_seconds_by_view_method_bucket{le="1.0"}[W]))'
        " / sum(rate(django_http_requests_latency_seconds_by_view_method_count[W]))",
    ),
    Level(
        "delivery-success",
        0.99,
        '(sum(rate(notifications_deliveries_total{outcome="failed"}[W])) or vector(0))'
        ' / sum(rate(notifications_deliveries_total{outcome=~"failed|sent"}[W]))',
    ),
    # Of the time, not of events: those that wait are counted by nobody.
    Level("event-age", 0.99, "avg_over_time(septet:events_late:bool[W])"),
)
#: Whether an event waits for long.
LATE = "max(events_group_lag_seconds) > bool 60"
#: How much faster than evenly over 30 days, in which two windows, for how long, and who is told.
BURNS = (
    ("Fast", 14.4, "1h", "5m", "2m", "page"),
    ("Steady", 6.0, "6h", "30m", "15m", "page"),
    ("Slow", 3.0, "1d", "2h", "1h", "ticket"),
    ("Creeping", 1.0, "3d", "6h", "3h", "ticket"),
)


def rules() -> dict[str, Any]:
    """Return the file of rules."""
    late = {
        "record": "septet:events_late:bool",
        "expr": LATE,
    }
    objectives = [
        {
            "record": "septet:slo_objective:ratio",
            "labels": {"slo": level.name},
            "expr": f"vector({level.objective})",
        }
        for level in LEVELS
    ]
    shares = [
        {
            "record": f"septet:slo_errors:ratio_rate{window}",
            "labels": {"slo": level.name},
            # Of nothing nothing is bad; the rate of that is no number, which compares with none.
            "expr": f"({level.bad.replace('[W]', f'[{window}]')}) >= 0",
        }
        for level in LEVELS
        for window in WINDOWS
    ]
    return {
        "groups": [
            {"name": "septet-service-levels", "rules": [late, *objectives, *shares]},
            {"name": "septet-burning", "rules": [_burning(*burn) for burn in BURNS]},
        ]
    }


def _burning(
    name: str, rate: float, long: str, short: str, lasting: str, severity: str
) -> dict[str, Any]:
    bound = f"{rate:g} * (1 - septet:slo_objective:ratio)"
    return {
        "alert": f"ServiceLevelBurns{name}",
        "expr": f"septet:slo_errors:ratio_rate{long} > on (slo) {bound}"
        f" and on (slo) septet:slo_errors:ratio_rate{short} > on (slo) {bound}",
        "for": lasting,
        "labels": {"severity": severity},
        "annotations": {
            "summary": "{{ $labels.slo }}: {{ $value | humanizePercentage }} were bad in "
            f"{long}; that spends the month's budget {rate:g} times too fast.",
            "runbook": f"{RUNBOOK}#which-one-burns",
        },
    }
