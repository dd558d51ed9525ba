"""What a release wants of the rows of before: filled in by a job, while they are in use.

A migration adds a column that may be empty, and new code writes it; `migrate` asks for the job that
fills what is there, and the next release says that it may not be empty any more.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from kernel.jobs.registry import job
from kernel.jobs.running import current_job
from kernel.jobs.services import enqueue

logger = logging.getLogger(__name__)

Rows = QuerySet[Any]

#: Rows that one transaction looks at, so that it stays short.
ROWS_AT_ONCE = 1_000
#: A large table takes its time; what was filled stays so.
MOST_TIME = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """Which rows lack something, of all tenants, and what gives it to some of them."""

    name: str
    lacking: Callable[[], Rows]
    fill: Callable[[Rows], object]


FILLINGS: dict[str, Filling] = {}


def filling(
    name: str, *, lacking: Callable[[], Rows]
) -> Callable[[Callable[[Rows], object]], Callable[[Rows], object]]:
    """Let a function fill rows of before as the job of this name, `<app>.fill_<what>`.

    It is given those of `lacking`, a thousand at most, in a transaction. Filled, a row lacks
    nothing: so one who was stopped goes on where they were, and twice changes nothing.
    """

    def register(fill: Callable[[Rows], object]) -> Callable[[Rows], object]:
        made = Filling(name=name, lacking=lacking, fill=fill)
        job(name, timeout=MOST_TIME)(partial(_fill, made))
        FILLINGS[name] = made
        return fill

    return register


def ask_for_fillings() -> list[str]:
    """Ask for a job for each of which there is a row that lacks something; return which."""
    asked = []
    for one in FILLINGS.values():
        if one.lacking().exists():
            with transaction.atomic():
                enqueue(one.name, live_key=one.name)
            asked.append(one.name)
    return asked


def _fill(one: Filling, _target: str) -> None:
    """Go through the table in the order of its keys, from the first row that lacks something."""
    rows = one.lacking()
    place = rows.order_by("pk").values_list("pk", flat=True).first()
    # Not only of those that lack something: how long a statement takes does not depend on them.
    left = rows.model._base_manager.using(rows.db).order_by("pk").values_list("pk", flat=True)
    done, total = 0, left.filter(pk__gte=place).count() if place is not None else 0
    while place is not None:
        keys = list(left.filter(pk__gte=place)[: ROWS_AT_ONCE + 1])
        place = keys.pop() if len(keys) > ROWS_AT_ONCE else None
        with transaction.atomic(using=rows.db):
            one.fill(rows.filter(pk__in=keys))
        done += len(keys)
        current_job().progress(done, max(done, total), "rows")
    logger.info("%s has gone through %s rows", one.name, done)
