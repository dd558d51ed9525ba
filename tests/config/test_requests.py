"""Change requests: others approve before anything is published; what met is named."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from apps.config.errors import ApprovalRequiredError, DefinitionRefusedError
from apps.config.models import ChangeRequest, Environment, FeatureFlag, FlagVersion
from apps.config.services.changes import Change
from apps.config.services.environments import create_environment, update_environment
from apps.config.services.flags import create_flag
from apps.config.services.publishing import publish
from apps.config.services.requests import (
    Proposal,
    apply_due,
    apply_request,
    create_request,
    review_request,
    schedule_request,
    submit_request,
    update_request,
    withdraw_request,
)
from apps.config.services.snapshots import snapshots
from contracts.config import RequestMoved
from kernel import clock
from kernel.errors import ConflictError, ForbiddenError, InvalidInputError, LimitExceededError
from kernel.jobs.models import Job
from kernel.tenancy.context import Principal, acting_as, current_tenant_id
from kernel.testing.events import published
from tests.config.definitions import boolean

pytestmark = pytest.mark.usefixtures("tenant")


@contextmanager
def by(name: str, *scopes: str) -> Iterator[None]:
    granted = frozenset(scopes or ("config:read", "config:write", "config:approve"))
    who = Principal(
        kind="member", id=name, name=name, tenant_id=current_tenant_id(), scopes=granted
    )
    with acting_as(who):
        yield


def guarded(approvals: int = 2) -> Environment:
    return create_environment(key="production", approvals_required=approvals)


def flag_at(definition: str, key: str = "dark-mode") -> FeatureFlag:
    flag = create_flag(key=key)
    publish(None, [Change(target=flag, definition=definition)], approved=True)
    return flag


def ask(flag: FeatureFlag, definition: str | None, **more: object) -> ChangeRequest:
    with by("ann"):
        request = create_request(
            title="Turn it on", changes=[Proposal(flag_id=str(flag.pk), definition=definition)]
        )
        return submit_request(id=str(request.pk), **more)  # type: ignore[arg-type]  # apply_at


def approve(request: ChangeRequest, *names: str) -> ChangeRequest:
    for name in names:
        with by(name):
            request = review_request(id=str(request.pk), approve=True, comment="fine")
    return request


def value(key: str = "dark-mode") -> object:
    return snapshots.get(current_tenant_id()).flags.evaluate(key).value


def states() -> list[str]:
    return [one.state for one in published() if isinstance(one, RequestMoved)]


def test_a_change_is_published_after_as_many_approvals_as_it_takes() -> None:
    guarded(approvals=2)
    flag = flag_at(boolean())
    request = ask(flag, boolean("on"))

    first = approve(request, "bob")
    with pytest.raises(ConflictError, match="the request is in_review: it cannot be applied"):
        apply_request(id=str(request.pk))
    second = approve(request, "cleo")
    done = apply_request(id=str(request.pk))

    assert (first.state, second.state, done.state) == ("in_review", "approved", "applied")
    assert value() is True
    assert done.revision == 2
    newest = FlagVersion.objects.get(number=2)
    assert (newest.origin, newest.reason) == ("request", "Turn it on")
    assert states() == ["draft", "in_review", "approved", "applied"]


def test_nobody_approves_of_their_own_and_nobody_twice() -> None:
    guarded(approvals=2)
    request = ask(flag_at(boolean()), boolean("on"))

    with by("ann"), pytest.raises(ForbiddenError, match="cannot review it"):
        review_request(id=str(request.pk), approve=True)
    with by("dan", "config:write"), pytest.raises(ForbiddenError, match="config:approve"):
        review_request(id=str(request.pk), approve=True)
    request = approve(request, "bob", "bob")

    assert request.state == "in_review"
    assert request.reviews.count() == 1


def test_one_no_is_a_no() -> None:
    guarded(approvals=2)
    request = approve(ask(flag_at(boolean()), boolean("on")), "bob")

    with by("cleo"):
        review_request(id=str(request.pk), approve=False, comment="not on a Friday")

    for again in (apply_request, submit_request):
        with pytest.raises(ConflictError, match="the request is rejected"):
            again(id=str(request.pk))
    assert value() is False


def test_what_could_not_be_published_is_not_submitted() -> None:
    guarded()
    flag = flag_at(boolean())
    with by("ann"):
        request = create_request(
            title="x", changes=[Proposal(flag_id=str(flag.pk), definition=boolean("none"))]
        )
        with pytest.raises(DefinitionRefusedError, match="/flags/dark-mode/defaultVariant"):
            submit_request(id=str(request.pk))
        update_request(
            id=str(request.pk),
            changes=[Proposal(flag_id=str(flag.pk), definition=boolean("on"))],
        )
        assert submit_request(id=str(request.pk)).state == "in_review"

    assert value() is False
    assert FlagVersion.objects.count() == 1


def test_changes_at_other_places_are_joined() -> None:
    guarded(approvals=1)
    flag = flag_at(boolean(metadata={"team": "a"}))
    request = approve(ask(flag, boolean("on", metadata={"team": "a"})), "bob")
    later = boolean(metadata={"team": "b"})
    publish(None, [Change(target=flag, definition=later)], approved=True)

    done = apply_request(id=str(request.pk))

    answer = snapshots.get(current_tenant_id()).flags.evaluate("dark-mode")
    assert done.state == "applied"
    assert (answer.value, answer.metadata) == (True, {"team": "b"})


def test_changes_at_the_same_place_are_a_conflict_that_names_it() -> None:
    guarded(approvals=1)
    flag = flag_at(boolean(metadata={"team": "a"}))
    request = approve(ask(flag, boolean(metadata={"team": "b"})), "bob")
    later = boolean("on", metadata={"team": "c"})
    publish(None, [Change(target=flag, definition=later)], approved=True)

    done = apply_request(id=str(request.pk))

    assert done.state == "conflicted"
    assert done.problem == "changed by others too: /flags/dark-mode/metadata/team"
    assert FlagVersion.objects.count() == 2
    # Mended, it is a draft again, and nobody has approved of it.
    with by("ann"):
        mended = update_request(
            id=str(request.pk),
            changes=[
                Proposal(flag_id=str(flag.pk), definition=boolean("on", metadata={"team": "d"}))
            ],
        )
        assert (mended.state, mended.reviews.count()) == ("draft", 0)
        assert submit_request(id=str(request.pk)).state == "in_review"


def test_approvals_that_no_longer_suffice_publish_nothing() -> None:
    there = guarded(approvals=1)
    request = approve(ask(flag_at(boolean()), boolean("on")), "bob")
    update_environment(id=str(there.pk), approvals_required=2)

    with pytest.raises(ApprovalRequiredError, match="takes 2 approvals"):
        apply_request(id=str(request.pk))

    assert value() is False


def test_a_scheduled_change_is_published_at_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    guarded(approvals=1)
    now = clock.now()
    request = ask(flag_at(boolean()), boolean("on"), apply_at=now + timedelta(hours=1))
    request = approve(request, "bob")
    job = Job.objects.get(name="config.apply_request")

    apply_due(job.target)
    early = value()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=1))
    for _ in range(2):
        apply_due(job.target)

    assert (request.state, early, value()) == ("scheduled", False, True)
    assert job.run_at == now + timedelta(hours=1)
    newest = FlagVersion.objects.get(number=2)
    assert newest.author_id == "ann"


def test_a_time_that_was_moved_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    guarded(approvals=1)
    now = clock.now()
    request = ask(flag_at(boolean()), boolean("on"), apply_at=now + timedelta(hours=1))
    approve(request, "bob")

    moved = schedule_request(id=str(request.pk), apply_at=now + timedelta(hours=2))
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=1))
    apply_due(str(request.pk))

    assert (moved.state, value()) == ("scheduled", False)
    assert schedule_request(id=str(request.pk), apply_at=None).state == "approved"
    with pytest.raises(InvalidInputError, match="applyAt is in the past"):
        schedule_request(id=str(request.pk), apply_at=now)


def test_a_withdrawn_request_is_done_with() -> None:
    guarded(approvals=1)
    request = approve(ask(flag_at(boolean()), boolean("on")), "bob")

    for _ in range(2):
        withdraw_request(id=str(request.pk))

    with pytest.raises(ConflictError, match="the request is withdrawn: it cannot be applied"):
        apply_request(id=str(request.pk))
    assert value() is False


def test_where_no_approval_is_asked_for_a_request_is_approved_at_once() -> None:
    request = ask(flag_at(boolean()), boolean("on"))

    assert request.state == "approved"
    assert apply_request(id=str(request.pk)).state == "applied"


def test_a_request_that_is_none_is_refused() -> None:
    flag = create_flag(key="dark-mode")
    guarded()
    one = Proposal(flag_id=str(flag.pk), definition=boolean())

    with pytest.raises(LimitExceededError, match="a request has 1 to 1000 changes, found 0"):
        create_request(title="x", changes=[])
    with pytest.raises(InvalidInputError, match="the same flag or segment is changed twice"):
        create_request(title="x", changes=[one, one])
    with pytest.raises(InvalidInputError, match="a change names a flag or a segment"):
        create_request(title="x", changes=[Proposal(definition=None)])
    with pytest.raises(InvalidInputError, match="title"):
        create_request(title=" ", changes=[one])

    assert ChangeRequest.objects.count() == 0
