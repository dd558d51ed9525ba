"""Snapshots: in memory, looked at once a second, swapped as one, good without the database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.config.domain import compiling as compiling_module
from apps.config.models import Environment
from apps.config.selectors import environments
from apps.config.services import snapshots as module
from apps.config.services.environments import default
from apps.config.services.flags import update_flag
from apps.config.services.snapshots import Snapshot, Snapshots, snapshots
from kernel.errors import NotFoundError, UnavailableError
from kernel.identity.models import Tenant
from tests.config.definitions import boolean, live, put

pytestmark = [pytest.mark.usefixtures("tenant"), pytest.mark.django_db(transaction=True)]


class Time:
    """A clock that goes when it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr("time.monotonic", lambda: self.now)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


def value(held: Snapshots, tenant: Tenant, key: str = "dark-mode") -> object:
    return held.get(tenant.pk).flags.evaluate(key).value


def test_evaluations_ask_nothing_while_nothing_changes(tenant: Tenant, time: Time) -> None:
    live("dark-mode")
    snapshots.get(tenant.pk)

    with CaptureQueriesContext(connection) as within:
        for _ in range(1_000):
            snapshots.get(tenant.pk).flags.evaluate("dark-mode")
    time.now += 1.0
    with CaptureQueriesContext(connection) as later:
        for _ in range(1_000):
            snapshots.get(tenant.pk).flags.evaluate("dark-mode")

    assert len(within) == 0
    # One look at the revision.
    assert len(later) == 1


def test_a_change_is_served_by_this_process_at_once(tenant: Tenant, time: Time) -> None:
    flag = live("dark-mode")
    before = snapshots.get(tenant.pk)

    put(flag, boolean("on"))

    with CaptureQueriesContext(connection) as queries:
        after = snapshots.get(tenant.pk)
    assert (before.flags.evaluate("dark-mode").value, before.revision) == (False, 1)
    assert (after.flags.evaluate("dark-mode").value, after.revision) == (True, 2)
    assert after.flags.revision == "2"
    assert len(queries) == 0


def test_a_change_is_served_by_another_process_after_a_second(tenant: Tenant, time: Time) -> None:
    flag = live("dark-mode")
    other = Snapshots()
    assert value(other, tenant) is False

    put(flag, boolean("on"))

    time.now += 0.9
    assert value(other, tenant) is False
    time.now += 0.1
    assert value(other, tenant) is True


def test_what_is_rolled_back_was_never_served(tenant: Tenant, time: Time) -> None:
    flag = live("dark-mode")

    with transaction.atomic():
        put(flag, boolean("on"))
        inside = value(snapshots, tenant)
        transaction.set_rollback(True)

    time.now += 5
    assert inside is True
    assert value(snapshots, tenant) is False
    assert snapshots.get(tenant.pk).revision == 1


def test_while_the_database_is_away_the_last_good_set_is_served_and_says_so(
    tenant: Tenant, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    live("dark-mode", boolean("on"))
    good = snapshots.get(tenant.pk)

    with monkeypatch.context() as away:
        away.setattr(module, "named", _gone)
        time.now += 2
        stale = snapshots.get(tenant.pk)
        time.now += 2
        still = snapshots.get(tenant.pk)
        with pytest.raises(UnavailableError, match="flags cannot be read for now"):
            Snapshots().get(tenant.pk)
    time.now += 2
    back = snapshots.get(tenant.pk)

    assert stale.flags is good.flags
    assert good.stale_since is None
    assert stale.stale_since is not None
    assert still.stale_since == stale.stale_since
    assert back.stale_since is None


def _gone(_environment: Any) -> Any:
    raise OperationalError("connection refused")


def test_one_thread_compiles_while_others_go_on_with_the_old_set(
    tenant: Tenant, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag = live("dark-mode")
    other = Snapshots()
    other.get(tenant.pk)
    put(flag, boolean("on"))
    time.now += 1
    compiling, may_end = threading.Event(), threading.Event()
    compiled: list[str] = []
    compile_set = compiling_module.compile_set

    def slowly(*args: Any, **options: Any) -> Any:
        compiled.append(options["revision"])
        compiling.set()
        assert may_end.wait(10)
        return compile_set(*args, **options)

    monkeypatch.setattr(module, "compile_set", slowly)

    def ask() -> object:
        try:
            return value(other, tenant)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(ask)
        assert compiling.wait(10)
        meanwhile = [value(other, tenant) for _ in range(10)]
        may_end.set()
        assert first.result(10) is True

    assert meanwhile == [False] * 10
    assert compiled == ["2"]


def test_who_listens_is_told_of_each_newer_set(tenant: Tenant, time: Time) -> None:
    told: list[Snapshot] = []
    own = Snapshots()
    own.on_change(told.append)
    flag = live("dark-mode")
    own.get(tenant.pk)

    put(flag, boolean("on"))
    time.now += 1
    own.get(tenant.pk)
    own.get(tenant.pk)

    assert [one.revision for one in told] == [1, 2]


def test_memory_is_bounded_and_what_went_comes_back(
    tenant: Tenant, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_HELD", 2)
    live("dark-mode", boolean("on"))
    there = default()
    own = Snapshots()

    for reference in (None, "production", there.pk) * 3:
        time.now += 2
        assert own.get(tenant.pk, reference).flags.evaluate("dark-mode").value is True

    assert len(own._held) == 2
    assert len(own._sets) == 1


def test_who_sees_a_flag_is_another_revision(tenant: Tenant) -> None:
    flag = live("dark-mode")
    assert snapshots.get(tenant.pk).client_visible == frozenset()

    update_flag(id=str(flag.pk), client_visible=True)

    found = snapshots.get(tenant.pk)
    assert (found.client_visible, found.revision) == (frozenset({"dark-mode"}), 2)
    assert found.flags.revision == "2"


def test_an_environment_that_is_not_there_is_not_remembered(tenant: Tenant) -> None:
    for reference in ("nope", None):
        with pytest.raises(NotFoundError):
            snapshots.get(tenant.pk, reference)

    live("dark-mode")

    assert Environment.objects.count() == 1
    assert snapshots.get(tenant.pk).environment == "production"
    assert environments.named("production").get() == default()
