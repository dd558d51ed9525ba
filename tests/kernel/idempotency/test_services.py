"""Work under a key: done once, told again, and free again where nothing came of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from kernel import clock
from kernel.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    UnavailableError,
)
from kernel.idempotency import services
from kernel.idempotency.models import KeyedRequest
from kernel.idempotency.services import (
    IdempotencyConflictError,
    IdempotencyInProgressError,
    key_in_header,
    once,
)
from kernel.idempotency.upkeep import clear_keyed_requests
from kernel.identity.models import Tenant
from kernel.identity.services import create_tenant
from kernel.tenancy.context import Principal, acting_as
from kernel.testing.rivals import rival
from kernel.testing.tenants import make_tenant

BODY = {"name": "a"}


def principal(tenant: Tenant, id: str = "a", kind: Any = "key") -> Principal:  # noqa: A002
    return Principal(kind=kind, id=id, name=id, tenant_id=tenant.pk, scopes=frozenset())


class Work:
    """Makes a tenant each time it is called, as an effect that can be seen; then raises or not."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.times = 0
        self.failure = failure

    def __call__(self) -> Any:
        self.times += 1
        create_tenant(slug=f"effect-{self.times}", name="Effect")
        if self.failure:
            raise self.failure
        return {"number": self.times}


def effects() -> int:
    return Tenant.objects.filter(slug__startswith="effect-").count()


def test_the_same_request_under_the_same_key_is_done_once_and_told_again(tenant: Tenant) -> None:
    work = Work()
    with acting_as(principal(tenant)):
        first, second = (once("k", "make", BODY, work) for _ in range(2))

    assert (first.result(), first.replayed) == ({"number": 1}, False)
    assert (second.result(), second.replayed) == ({"number": 1}, True)
    assert (work.times, effects()) == (1, 1)


def test_the_order_of_what_is_sent_does_not_matter_but_all_of_it_does(tenant: Tenant) -> None:
    work = Work()
    with acting_as(principal(tenant)):
        once("k", "make", {"a": 1, "b": [1, 2]}, work)

        assert once("k", "make", {"b": [1, 2], "a": 1}, work).replayed
        for other in ({"a": 1, "b": [2, 1]}, {"a": "1", "b": [1, 2]}, {"a": 1}):
            with pytest.raises(IdempotencyConflictError, match="'k' was used for another make"):
                once("k", "make", other, work)

    assert work.times == 1


def test_a_key_means_nothing_to_another_caller_tenant_or_operation(tenant: Tenant) -> None:
    work, other = Work(), make_tenant()
    for who, operation in [
        (principal(tenant), "make"),
        (principal(tenant), "remake"),
        (principal(tenant, "b"), "make"),
        (principal(tenant, kind="staff"), "make"),
        (principal(other), "make"),
    ]:
        with acting_as(who):
            assert not once("k", operation, BODY, work).replayed

    assert work.times == 5


@pytest.mark.parametrize(
    "failure", [InvalidInputError("x"), NotFoundError("x"), ConflictError("x")], ids=repr
)
def test_a_failure_that_is_the_callers_fault_is_told_again_and_leaves_nothing(
    tenant: Tenant, failure: DomainError
) -> None:
    work = Work(failure)
    with acting_as(principal(tenant)):
        done = [once("k", "make", BODY, work) for _ in range(2)]

    assert [one.replayed for one in done] == [False, True]
    for one in done:
        with pytest.raises(DomainError, match=r"^x$") as caught:
            one.result()
        assert (caught.value.code, caught.value.status) == (failure.code, failure.status)
    assert (work.times, effects()) == (1, 0)


@pytest.mark.parametrize(
    "failure",
    [UnavailableError("x"), ForbiddenError("x"), DomainError("x"), ZeroDivisionError("x")],
    ids=repr,
)
def test_after_any_other_failure_the_key_is_free_and_nothing_is_left(
    tenant: Tenant, failure: Exception
) -> None:
    work = Work(failure)
    with acting_as(principal(tenant)):
        with pytest.raises(type(failure)):
            once("k", "make", BODY, work)
        assert (effects(), KeyedRequest.objects.count()) == (0, 0)
        work.failure = None

        assert once("k", "make", BODY, work).result() == {"number": 2}


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "Zoë", "a\n", "\0", "tab\t"])
def test_what_is_no_key_is_refused_before_any_work(tenant: Tenant, key: str) -> None:
    work = Work()
    with acting_as(principal(tenant)), pytest.raises(InvalidInputError, match="1 to 255 visible"):
        once(key, "make", BODY, work)

    assert work.times == 0


@pytest.mark.parametrize("key", ["x", "x" * 255, "!~", "8e03978e-40d5-43dd-bc93-6894a57f9324"])
def test_a_key_is_any_short_text_of_visible_characters(tenant: Tenant, key: str) -> None:
    with acting_as(principal(tenant)):
        once(key, "make", BODY, Work())

        assert once(key, "make", BODY, Work()).replayed


@pytest.mark.parametrize(
    ("header", "key"), [('"abc"', "abc"), ("abc", "abc"), ('"', '"'), ('""', ""), ('a"', 'a"')]
)
def test_the_header_holds_a_key_in_quotes_as_in_the_draft_or_bare(header: str, key: str) -> None:
    assert key_in_header(header) == key


def test_a_key_is_kept_for_a_day_and_then_forgotten(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, now = Work(), clock.now()
    with acting_as(principal(tenant)):
        once("k", "make", BODY, work)
        for hours, replayed in [(23.9, True), (24.1, False)]:
            monkeypatch.setattr(clock, "now", lambda h=hours: now + timedelta(hours=h))
            clear_keyed_requests("")

            assert once("k", "make", BODY, work).replayed is replayed

    assert work.times == 2


def test_a_repetition_takes_no_lock_and_asks_once(
    tenant: Tenant, django_assert_num_queries: Callable[[int], Any]
) -> None:
    with acting_as(principal(tenant)):
        once("k", "make", BODY, Work())
        with django_assert_num_queries(1):
            once("k", "make", BODY, Work())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_comes_while_the_first_is_running_waits_and_gets_its_answer() -> None:
    tenant = make_tenant()
    work = Work()
    waiting: list[Any] = []

    def first() -> Any:
        with_principal = principal(tenant)

        def second() -> Any:
            with acting_as(with_principal):
                return once("k", "make", BODY, work)

        waiting.append(rival(second))
        return work()

    with acting_as(principal(tenant)):
        done = once("k", "make", BODY, first)

    again = waiting[0].result(timeout=10)
    assert (done.replayed, again.replayed) == (False, True)
    assert again.result() == done.result()
    assert work.times == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_waits_too_long_for_the_first_is_told_that_it_is_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "WAIT_SECONDS", 1)
    tenant = make_tenant()
    work = Work()

    def first() -> Any:
        def second() -> Any:
            with acting_as(principal(tenant)):
                return once("k", "make", BODY, work)

        with pytest.raises(IdempotencyInProgressError, match="'k' is still running"):
            rival(second).result(timeout=10)
        return work()

    with acting_as(principal(tenant)):
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            before = cursor.fetchone()
        assert not once("k", "make", BODY, first).replayed
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == before

    assert work.times == 1


@pytest.mark.postgres
def test_a_transaction_keeps_its_own_lock_limit(tenant: Tenant) -> None:
    work = Work()
    with acting_as(principal(tenant)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '7s'")
        once("k", "make", BODY, work)
        cursor.execute("SHOW lock_timeout")
        kept = cursor.fetchone()

    assert kept == ("7s",)
