"""Calls are kept as long as their jobs."""

from datetime import timedelta

from django.db.models import Exists, OuterRef

from kernel import clock
from kernel.ids import first_id_at
from kernel.jobs.models import Job
from kernel.jobs.registry import periodic
from kernel.jobs.upkeep import KEPT_DONE, delete_all
from kernel.tasks.models import TaskCall


@periodic("tasks.clear_calls", every=timedelta(days=1))
def clear_calls(_target: str) -> None:
    """Delete the calls whose jobs are gone."""
    # No job goes earlier, so newer calls need not be looked at.
    old = TaskCall.objects.filter(pk__lt=first_id_at(clock.now() - KEPT_DONE))
    delete_all(old.filter(~Exists(Job.objects.filter(pk=OuterRef("pk")))))
