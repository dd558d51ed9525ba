"""Change requests: drafted, reviewed by others, and published by a three-way merge."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.config.access import APPROVE
from apps.config.domain.differences import MISSING
from apps.config.errors import ApprovalRequiredError, DefinitionRefusedError
from apps.config.models import (
    ChangeRequest,
    Environment,
    FeatureFlag,
    Origin,
    ProposedChange,
    RequestState,
    Review,
    Segment,
    ValueOrigin,
    Verdict,
)
from apps.config.models.requests import OPEN
from apps.config.selectors.environments import Reference, found, target_of
from apps.config.selectors.versions import version_of
from apps.config.services.changes import (
    MOST_CHANGES,
    Change,
    Standing,
    Target,
    place_of,
    standing_of,
)
from apps.config.services.environments import hold
from apps.config.services.joining import merge_texts
from apps.config.services.proposing import ValueProposal, merged_values, propose_values
from apps.config.services.publishing import publish
from apps.config.services.values import say
from contracts.config import RequestMoved
from contracts.envelope import Actor
from kernel import clock
from kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
)
from kernel.events.actors import acting, current_actor
from kernel.events.publishing import publish as tell
from kernel.jobs.services import enqueue
from kernel.rows import change, check, locked
from kernel.tenancy.context import acting_principal, require

#: Characters of the places of a conflict that are kept.
_MOST_PROBLEM = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is to become of one flag or segment, named by its id; None takes it out."""

    flag_id: str | None = None
    segment_id: str | None = None
    definition: str | None
    #: The version that it was made from; the current one if nothing is said.
    base: int | None = None


@transaction.atomic
def create_request(
    *,
    title: str,
    changes: Sequence[Proposal] = (),
    values: Sequence[ValueProposal] = (),
    environment: Reference = None,
    description: str = "",
) -> ChangeRequest:
    """Draft a request of flags, segments and values; they are checked when it is submitted."""
    actor = current_actor()
    request = ChangeRequest(
        environment=found(environment),
        title=title,
        description=description,
        author_type=actor.type,
        author_id=actor.id,
        author_name=actor.name,
    )
    check(request, only=("title", "description"))
    request.save()
    _propose(request, changes)
    propose_values(request, values)
    _check_size(request)
    _tell(request)
    return request


@transaction.atomic
def update_request(
    *,
    id: str,
    title: str | None = None,
    description: str | None = None,
    changes: Sequence[Proposal] | None = None,
    values: Sequence[ValueProposal] | None = None,
) -> ChangeRequest:
    """Change a draft, or one with conflicts, which is a draft again; reviews count no more."""
    request = locked(ChangeRequest, id)
    _require(request, {RequestState.DRAFT, RequestState.CONFLICTED}, "changed")
    given = {"title": title, "description": description}
    told = {name: value for name, value in given.items() if value is not None}
    change(request, **told, state=RequestState.DRAFT, problem="")
    request.reviews.all().delete()
    if changes is not None:
        request.changes.all().delete()
        _propose(request, changes)
    if values is not None:
        request.values.all().delete()
        propose_values(request, values)
    _check_size(request)
    return request


@transaction.atomic
def submit_request(*, id: str, apply_at: datetime | None = None) -> ChangeRequest:
    """Ask others to review a draft, which could be published as it is.

    Raises DefinitionRefusedError, ConflictError.
    """
    held = hold(target_of(ChangeRequest, id).environment_id)
    request = locked(ChangeRequest, id)
    _require(request, {RequestState.DRAFT}, "submitted")
    with transaction.atomic():
        # As it will be published, to see what is wrong with it; and undone.
        if conflicts := _publish(held, request)[1]:
            raise ConflictError(f"changed by others too: {', '.join(conflicts)}")
        transaction.set_rollback(True)
    required = held.approvals_required
    change(
        request,
        state=RequestState.IN_REVIEW if required else RequestState.APPROVED,
        apply_at=_time(apply_at),
    )
    _tell(request)
    if not required:
        _wait(request)
    return request


@transaction.atomic
def review_request(*, id: str, approve: bool, comment: str = "") -> ChangeRequest:
    """Say yes or no to what another has submitted; it takes the scope config:approve.

    The last of the approvals that its environment asks for approves it, one no rejects it.
    """
    if acting_principal() is not None:
        require(APPROVE)
    request = locked(ChangeRequest, id)
    _require(request, {RequestState.IN_REVIEW}, "reviewed")
    actor = current_actor()
    if (actor.type, actor.id) == (request.author_type, request.author_id):
        raise ForbiddenError("who has written a request cannot review it")
    review = Review(
        request=request,
        verdict=Verdict.APPROVE if approve else Verdict.REJECT,
        comment=comment,
        reviewer_id=actor.id,
        reviewer_name=actor.name,
    )
    check(review, only=("comment",))
    request.reviews.filter(reviewer_id=actor.id).delete()
    review.save()
    if not approve:
        change(request, state=RequestState.REJECTED)
        _tell(request)
    elif _approvals(request) >= request.environment.approvals_required:
        change(request, state=RequestState.APPROVED)
        _tell(request)
        _wait(request)
    return request


@transaction.atomic
def schedule_request(*, id: str, apply_at: datetime | None) -> ChangeRequest:
    """Let an open request be published at a time, or when somebody says so."""
    request = locked(ChangeRequest, id)
    _require(request, OPEN, "scheduled")
    state = request.state
    if state == RequestState.SCHEDULED:
        state = RequestState.APPROVED
    change(request, apply_at=_time(apply_at), state=state)
    if state == RequestState.APPROVED:
        _wait(request)
    return request


@transaction.atomic
def withdraw_request(*, id: str) -> ChangeRequest:
    """Take a request back that is still open. Telling it twice changes nothing."""
    request = locked(ChangeRequest, id)
    if request.state == RequestState.WITHDRAWN:
        return request
    _require(request, OPEN, "withdrawn")
    change(request, state=RequestState.WITHDRAWN)
    _tell(request)
    return request


@transaction.atomic
def apply_request(*, id: str) -> ChangeRequest:
    """Publish an approved request, joined with what others have published since.

    Where both changed the same place it is in conflict, and says at which; nothing is published.
    """
    environment_id = target_of(ChangeRequest, id).environment_id
    # The environment is locked before everything in it.
    held = hold(environment_id)
    request = locked(ChangeRequest, id)
    _require(request, {RequestState.APPROVED, RequestState.SCHEDULED}, "applied")
    if _approvals(request) < held.approvals_required:
        raise ApprovalRequiredError(held.key, held.approvals_required)
    problem = ""
    try:
        with transaction.atomic():
            revision, conflicts = _publish(held, request)
        if conflicts:
            problem = f"changed by others too: {', '.join(conflicts)}"
        else:
            now = clock.now()
            change(request, state=RequestState.APPLIED, applied_at=now, revision=revision)
    except (DefinitionRefusedError, ConflictError, NotFoundError) as error:
        problem = str(error)
    if problem:
        change(request, state=RequestState.CONFLICTED, problem=problem[:_MOST_PROBLEM])
    _tell(request)
    return request


def apply_due(request_id: str) -> None:
    """Publish a scheduled request whose time has come, as its author's doing; else do nothing."""
    request = ChangeRequest.objects.filter(pk=request_id, state=RequestState.SCHEDULED).first()
    if request is None or request.apply_at is None or request.apply_at > clock.now():
        return
    author = Actor(type=request.author_type, id=request.author_id, name=request.author_name)
    with acting(author):
        apply_request(id=request_id)


def _publish(held: Environment, request: ChangeRequest) -> tuple[int, list[str]]:
    """Publish all of a request together; return the revision, or what others changed too."""
    changes, conflicts = _merged(request)
    places, of_values = merged_values(held, request)
    if conflicts or of_values:
        return held.revision, conflicts + of_values
    revision = held.revision
    if changes:
        done = publish(held.pk, changes, reason=request.title, origin=Origin.REQUEST, approved=True)
        revision = done.revision
    for place, sayings in places.items():
        say(place, sayings, reason=request.title, origin=ValueOrigin.REQUEST, approved=True)
    return revision, []


def _check_size(request: ChangeRequest) -> None:
    found = request.changes.count() + request.values.count()
    if not 1 <= found <= MOST_CHANGES:
        raise LimitExceededError(f"a request has 1 to {MOST_CHANGES} changes, found {found}")


def _propose(request: ChangeRequest, changes: Sequence[Proposal]) -> None:
    if len(changes) > MOST_CHANGES:
        raise LimitExceededError(f"a request has 1 to {MOST_CHANGES} changes, found {len(changes)}")
    targets = [_target(one) for one in changes]
    if len({target.pk for target in targets}) < len(targets):
        raise InvalidInputError("the same flag or segment is changed twice")
    standing = standing_of(request.environment, targets)
    ProposedChange.objects.bulk_create(
        ProposedChange(
            request=request,
            kind="flag" if isinstance(target, FeatureFlag) else "segment",
            target_id=target.pk,
            key=target.key,
            base=standing[target.pk].number if one.base is None else one.base,
            definition=one.definition or "",
        )
        for one, target in zip(changes, targets, strict=True)
    )


def _target(proposal: Proposal) -> Target:
    if (proposal.flag_id is None) == (proposal.segment_id is None):
        raise InvalidInputError("a change names a flag or a segment")
    if proposal.flag_id is not None:
        return target_of(FeatureFlag, proposal.flag_id)
    return target_of(Segment, proposal.segment_id or "")


def _merged(request: ChangeRequest) -> tuple[list[Change], list[str]]:
    """Return the changes as they are to be published, and the places that others changed too."""
    proposed = list(request.changes.order_by("pk"))
    targets: dict[UUID, Target] = {}
    for kind, model in (("flag", FeatureFlag), ("segment", Segment)):
        ids = [one.target_id for one in proposed if one.kind == kind]
        targets.update(model.objects.in_bulk(ids))
    gone = [one.key for one in proposed if one.target_id not in targets]
    standing = standing_of(request.environment, list(targets.values()))
    changes, conflicts = [], [f"{key} is gone" for key in gone]
    for one in proposed:
        target = targets.get(one.target_id)
        if target is None:
            continue
        now = standing[target.pk]
        if now.number == one.base:
            text = one.definition
        else:
            text, places = _joined(one, target, now, request.environment_id)
            conflicts += [place_of(target) + place for place in places]
        changes.append(Change(target=target, definition=text or None))
    return changes, conflicts


def _joined(
    proposed: ProposedChange, target: Target, now: Standing, environment_id: UUID
) -> tuple[str, tuple[str, ...]]:
    base = version_of(target, environment_id, proposed.base).definition if proposed.base else ""
    found = merge_texts(base, proposed.definition, now.definition)
    merged = "" if found.merged is MISSING else json.dumps(found.merged, ensure_ascii=False)
    return merged, found.conflicts


def _approvals(request: ChangeRequest) -> int:
    return request.reviews.filter(verdict=Verdict.APPROVE).count()


def _wait(request: ChangeRequest) -> None:
    """Let an approved request wait for its time, if it has one."""
    if request.apply_at is None:
        return
    change(request, state=RequestState.SCHEDULED)
    enqueue("config.apply_request", str(request.pk), run_at=request.apply_at)
    _tell(request)


def _time(moment: datetime | None) -> datetime | None:
    if moment is not None and moment <= clock.now():
        raise InvalidInputError(f"applyAt is in the past: {moment.isoformat()}")
    return moment


def _require(request: ChangeRequest, states: set[RequestState], verb: str) -> None:
    if request.state not in states:
        raise ConflictError(f"the request is {request.state}: it cannot be {verb}")


def _tell(request: ChangeRequest) -> None:
    tell(
        RequestMoved(
            request_id=str(request.pk),
            title=request.title,
            environment_id=str(request.environment_id),
            state=str(request.state),
            problem=request.problem,
        )
    )
