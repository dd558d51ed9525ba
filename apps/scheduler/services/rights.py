"""As whom a run acts: by a credential of its own, which may do no more than who asked for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from apps.scheduler.models import JobRun, JobSchedule, TargetKind
from kernel.errors import InvalidInputError
from kernel.identity.rights import remaining_rights
from kernel.identity.scopes import KNOWN_SCOPES
from kernel.tenancy.context import (
    ALL_SCOPES,
    Principal,
    acting_as,
    acting_principal,
    current_tenant_id,
    require,
)

MOST_SCOPES = 20


def check_scopes(schedule: JobSchedule) -> None:
    """Raise InvalidInputError unless a schedule's scopes are such as there are.

    Raises ForbiddenError where they are more than whoever says so may do.
    """
    scopes = schedule.scopes
    if not isinstance(scopes, list) or len(scopes) > MOST_SCOPES:
        raise InvalidInputError(f"scopes are a list of at most {MOST_SCOPES}")
    for scope in scopes:
        if scope not in KNOWN_SCOPES:
            raise InvalidInputError(f"there is no scope {str(scope)[:60]!r}")
        if acting_principal() is not None:
            require(scope)


@contextmanager
def acting_for(schedule: JobSchedule, run: JobRun) -> Iterator[None]:
    """Act as who asked for a run, with what they may still do and the schedule needs.

    To another service this is a token for one request, signed with these scopes and no others.
    Raises ForbiddenError when nothing is left.
    """
    with acting_as(_principal(schedule, run)):
        yield


def _principal(schedule: JobSchedule, run: JobRun) -> Principal:
    service = schedule.target.partition(".")[0]
    of_service = frozenset(one for one in KNOWN_SCOPES if one.startswith(f"{service}:"))
    wanted = frozenset(schedule.scopes)
    if not wanted and schedule.target_kind == TargetKind.GRAPHQL:
        wanted = of_service
    if not run.asked_by:
        # What we made ourselves has its service alone.
        return Principal(
            kind="system",
            id="scheduler",
            name="scheduler",
            tenant_id=current_tenant_id(),
            scopes=wanted or frozenset({f"{service}:read", f"{service}:write"}),
        )
    who = remaining_rights(run.asked_by)
    if not wanted:
        return who
    left = wanted if ALL_SCOPES in who.scopes else wanted & who.scopes
    return replace(who, scopes=left)
