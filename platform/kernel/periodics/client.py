"""What all services do by themselves: those of this process, and of the others over HTTP.

A service that does not answer is told of as that; it keeps nobody waiting for longer than the
deadline, however many are away.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from django.conf import settings

from contracts.periodics import Periodic
from kernel.errors import DomainError
from kernel.mesh.answers import answer_of
from kernel.mesh.calling import call
from kernel.mesh.client import refuse_inside_transaction
from kernel.periodics.services import told_by
from kernel.services import BY_NAME
from kernel.tenancy.context import Principal, current_principal

#: How long one call may take, connecting included.
DEADLINE_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a service tells, or why it tells nothing."""

    service: str
    schedules: list[Periodic]
    #: Empty of one that has answered.
    problem: str = ""


def told_by_all() -> list[Told]:
    """Return what each service tells whoever acts, in the order of the catalogue."""
    refuse_inside_transaction()
    principal = current_principal()
    here = {name: told_by(name) for name in BY_NAME if name in settings.SERVICES}
    there = [name for name in BY_NAME if name not in here]
    answers = dict(zip(there, _asked(there, principal), strict=True)) if there else {}
    return [
        Told(service=name, schedules=here[name]) if name in here else answers[name]
        for name in BY_NAME
    ]


def _asked(services: list[str], principal: Principal) -> list[Told]:
    with ThreadPoolExecutor(max_workers=len(services)) as pool:
        return list(pool.map(partial(_ask, principal=principal), services))


def _ask(service: str, principal: Principal) -> Told:
    try:
        called = call(
            service,
            "GET",
            f"/{service}/api/periodics/",
            principal=principal,
            seconds=DEADLINE_SECONDS,
        )
        told = answer_of(service, called)
        return Told(service=service, schedules=[Periodic.of(one) for one in told["periodics"]])
    except DomainError as error:
        return Told(service=service, schedules=[], problem=str(error))
    except (LookupError, TypeError, ValueError):
        problem = f"{service} gives no answer that is ours"
        return Told(service=service, schedules=[], problem=problem)
