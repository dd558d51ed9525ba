"""What a namespace promises in one process."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction

from kernel.cache.namespaces import TTL, Namespace
from kernel.cache.places import Place, place_of
from kernel.tenancy.context import TenantRequiredError, in_tenant
from tests.kernel.cache.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., Namespace[Any]]


class Source:
    """Where values come from; it counts how often."""

    def __init__(self, value: Any = 1) -> None:
        self.value = value
        self.loads = 0

    def __call__(self) -> Any:
        self.loads += 1
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [1_000.0]
    for clock in ("monotonic", "time"):
        monkeypatch.setattr(f"kernel.cache.namespaces.time.{clock}", lambda: moment[0])
    return moment


def test_a_value_is_loaded_once_while_it_is_good(make: Make, now: list[float]) -> None:
    values, source = make(ttl=TTL.MOMENT), Source()

    assert [values.get_or_load("a", source) for _ in range(3)] == [1, 1, 1]
    assert source.loads == 1

    now[0] += 1.0
    values.get_or_load("a", source)
    assert source.loads == 2


def test_who_is_not_told_by_others_believes_a_value_for_a_second(
    make: Make, now: list[float]
) -> None:
    values, source = make(ttl=TTL.LONG), Source()

    values.get_or_load("a", source)
    now[0] += 1.0
    values.get_or_load("a", source)

    assert source.loads == 2


def test_of_many_who_miss_a_value_one_loads_it(make: Make) -> None:
    values, asked, answered = make(), Barrier(200), Event()
    loads: list[int] = []

    def load() -> int:
        loads.append(1)
        assert answered.wait(10)
        return 7

    def ask(_number: int) -> int:
        asked.wait(10)
        return int(values.get_or_load("a", load))

    with ThreadPoolExecutor(200) as pool:
        found = pool.map(ask, range(200))
        eventually(lambda: values.counted.waits == 199)
        answered.set()

    assert list(found) == [7] * 200
    assert loads == [1]


def test_an_error_rises_to_who_asked_and_is_not_kept(make: Make) -> None:
    values, source = make(), Source(ValueError("away"))

    with pytest.raises(ValueError, match="away"):
        values.get_or_load("a", source)
    source.value = 2

    assert values.get_or_load("a", source) == 2


def test_who_waited_for_a_load_whose_connection_broke_loads_it_themselves(make: Make) -> None:
    values, waiting = make(), Event()

    def broken() -> int:
        assert waiting.wait(10)
        raise OperationalError

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(values.get_or_load, "a", broken)
        eventually(lambda: values.counted.misses == 1)
        second = pool.submit(values.get_or_load, "a", lambda: 2)
        eventually(lambda: values.counted.waits == 1)
        waiting.set()

    assert isinstance(first.exception(), OperationalError)
    assert second.result() == 2


@pytest.mark.parametrize(("absent", "loads"), [(True, 1), (False, 2)])
def test_what_is_not_there_is_remembered_where_that_is_said(
    make: Make, absent: bool, loads: int
) -> None:
    values, source = make(absent=absent), Source(None)

    assert [values.get_or_load("a", source) for _ in range(2)] == [None, None]
    assert source.loads == loads


def test_a_change_is_seen_in_its_own_transaction_and_by_all_after_it(make: Make) -> None:
    values, source = make(), Source("old")
    values.get_or_load("a", source)

    with transaction.atomic():
        source.value = "new"
        values.forget("a")
        assert values.get_or_load("a", source) == "new"
        with ThreadPoolExecutor(1) as other:
            # It is not committed: to the others it has not happened.
            assert other.submit(values.get_or_load, "a", source).result() == "old"

    assert values.get_or_load("a", source) == "new"


def test_a_change_that_is_rolled_back_leaves_nothing_behind(make: Make) -> None:
    values, source = make(), Source("old")
    values.get_or_load("a", source)

    with transaction.atomic():
        values.forget("a")
        assert values.get_or_load("a", Source("never")) == "never"
        transaction.set_rollback(True)

    assert values.get_or_load("a", source) == "old"
    assert source.loads == 1


def test_a_load_that_began_before_a_change_is_not_kept(make: Make) -> None:
    values = make()

    def load() -> str:
        values.forget("a")
        return "old"

    assert values.get_or_load("a", load) == "old"
    assert values.get_or_load("a", Source("new")) == "new"


def test_an_old_value_is_given_while_a_newer_one_is_loaded_or_cannot_be(
    make: Make, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    values, source = make(ttl=TTL.MOMENT, stale=timedelta(seconds=10)), Source("old")
    monkeypatch.setattr(values._hub, "live", True)
    values.get_or_load("a", source)
    now[0] += 5

    during: list[Any] = []

    def load() -> str:
        with ThreadPoolExecutor(1) as other:
            during.append(other.submit(values.get_or_load, "a", source).result())
        return "new"

    assert values.get_or_load("a", load) == "new"
    assert during == ["old"]

    now[0] += 5
    assert values.get_or_load("a", Source(OSError("away"))) == "new"
    now[0] += 20
    with pytest.raises(OSError, match="away"):
        values.get_or_load("a", Source(OSError("away")))


def test_a_tenant_reads_and_forgets_its_own_values_only(make: Make) -> None:
    values, one, other = make(of_tenant=True), uuid4(), uuid4()
    for number, tenant in enumerate((one, other)):
        with in_tenant(tenant):
            assert values.get_or_load("a", Source(number)) == number

    with in_tenant(one):
        values.forget_tenant()
        assert values.get_or_load("a", Source("new")) == "new"
    with in_tenant(other):
        assert values.get_or_load("a", Source("new")) == 1
    with pytest.raises(TenantRequiredError):
        values.get_or_load("a", Source())


def test_what_is_too_much_leaves_by_age_unless_it_is_asked_for(make: Make) -> None:
    values = make(entries=3)
    for key in "abc":
        values.get_or_load(key, Source(key))
    values.get_or_load("a", Source("new"))

    values.get_or_load("d", Source("d"))

    assert values.memory.keys() == ["c", "d", "a"]
    assert values.memory.evicted == 1


def test_a_transaction_that_may_see_what_was_keeps_nothing(make: Make) -> None:
    values, source = make(), Source("old")

    with transaction.atomic():
        values.get_or_load("a", source)

    assert len(values.memory) == (connection.vendor == "postgresql")


def test_a_name_is_declared_once(make: Make) -> None:
    values = make()

    with pytest.raises(ValueError, match="tests:values is declared twice"):
        Namespace("tests:values", holds="", ttl=TTL.LONG, forgotten="", with_hub=values._hub)


TENANT = uuid4()


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (Place(), Place()),
        (Place("a:b"), Place("a:b")),
        (Place("a:b", TENANT), Place("a:b", TENANT)),
        (Place("a:b", TENANT, "key/1"), Place("a:b", TENANT, "key/1")),
        (Place("a:b", None, ""), Place("a:b", None, "")),
        # What cannot be told is told of its group.
        (Place("a:b", TENANT, "x}|{"), Place("a:b", TENANT)),
    ],
)
def test_a_place_is_understood_by_others(place: Place, told: Place) -> None:
    assert place_of(place.told()) == told
