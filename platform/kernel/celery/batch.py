"""The jobs that a shift has claimed together."""

from collections.abc import Sequence
from threading import Lock

from billiard.common import terminate_handler_fired
from django.db import connections

from kernel.celery.stopping import stop
from kernel.jobs import services
from kernel.jobs.ahead import Ahead
from kernel.jobs.models import Job
from kernel.jobs.running import Running, grouped, run_together
from kernel.jobs.services import Ended


def ending() -> bool:
    """Say whether nothing new may begin here: the worker stops, or this process had a SIGTERM."""
    return stop.told or terminate_handler_fired()


class Batch:
    """Done one after the other by the shift, and watched over by the keeper."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._held = {job.pk: Running(job) for job in jobs}
        self._ended: list[Ended] = []
        self._settling = Lock()

    def held(self) -> list[Running]:
        """Return those that are neither settled nor given back."""
        return list(self._held.values())

    def do(self) -> None:
        """Do all that nobody gives back meanwhile."""
        for some in grouped(self.held()):
            group = [] if ending() else [one for one in some if one.begin()]
            if not group:
                continue
            for running, ended in zip(group, run_together(group), strict=True):
                if running.finish():
                    if ended.error is not None:
                        connections.close_all()
                    self.end(ended)

    def end(self, ended: Ended) -> None:
        """Let this be written down with the others."""
        self._ended.append(ended)

    def settle(self, ahead: Ahead) -> None:
        """Write down how those ended that have."""
        with self._settling:
            ended = list(self._ended)
            if ended:
                services.settle(ended)
            del self._ended[: len(ended)]
            for end in ended:
                self._held.pop(end.job.pk, None)
                ahead.note(end.seconds)

    def give_back_unbegun(self) -> None:
        """Return those that wait here for others to end."""
        unbegun = [running.job for running in self.held() if running.withdraw()]
        for job in unbegun:
            del self._held[job.pk]
        if unbegun:
            services.give_back_unbegun(unbegun)

    def drop(self) -> None:
        """Hold nothing more."""
        with self._settling:
            self._held.clear()
            self._ended.clear()
