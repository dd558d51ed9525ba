"""What is told of captured rows, by whatever part of Django's API they are changed."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Concat, Upper
from django.test.utils import CaptureQueriesContext

from contracts.capture import RowsChanged
from kernel.capture import querysets, telling
from kernel.capture.querysets import RowsMovedError
from kernel.capture.telling import ElsewhereError
from kernel.capture.values import told
from kernel.events.models import OutboxEvent
from kernel.identity.models import Tenant
from kernel.secrets.fields import MASK
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_tenant
from tests.kernel.capture.shop import Blind, Customer, Order, Shelf

pytestmark = pytest.mark.usefixtures("tenant")


def events() -> list[RowsChanged]:
    rows = OutboxEvent.objects.filter(type=RowsChanged.TYPE).order_by("position")
    found = [row.envelope().event() for row in rows]
    return [event for event in found if isinstance(event, RowsChanged)]


def heard() -> list[tuple[str, str, dict[str, tuple[Any, Any]]]]:
    """Return what was told since it was last asked: of each row what was done, and its changes."""
    found: list[tuple[str, str, dict[str, tuple[Any, Any]]]] = [
        (
            event.action,
            row["name"] or row["id"],
            {one["field"]: (one["before"], one["after"]) for one in row["changes"]},
        )
        for event in events()
        for row in map(orjson.loads, event.rows)
    ]
    OutboxEvent.objects.all().delete()
    return found


def order(number: str = "a", **values: Any) -> Order:
    made: Order = Order.objects.create(number=number, **values)
    OutboxEvent.objects.all().delete()
    return made


def test_a_row_is_told_when_it_is_created_changed_and_deleted(tenant: Tenant) -> None:
    row = Order.objects.create(number="a", total=1)
    created = heard()
    row.total = 2
    row.save()
    changed = heard()
    row.save()
    unchanged = heard()
    row.total = 7  # never saved
    row.delete()

    [(action, name, values)] = created
    assert (action, name) == ("created", "a")
    assert values["total"] == (None, 1)
    assert values["tenant_id"] == (None, str(tenant.pk))
    assert "note" not in values
    assert "touched_at" not in values
    assert changed == [("changed", "a", {"total": (1, 2)})]
    assert unchanged == []
    [(action, name, values)] = heard()
    assert (action, name, values["total"]) == ("deleted", "a", (2, None))


def test_an_event_names_model_tenant_and_who_did_it(tenant: Tenant) -> None:
    made = Order.objects.create(number="a")

    row = OutboxEvent.objects.get(type=RowsChanged.TYPE)

    event = row.envelope().event()
    assert isinstance(event, RowsChanged)
    assert (event.app, event.model, event.first_id) == ("kernel", "Order", str(made.pk))
    assert (row.tenant_id, row.envelope().actor.type) == (tenant.pk, "system")


def test_rows_of_two_tenants_are_told_to_each(tenant: Tenant) -> None:
    other = make_tenant("other")
    order("a")
    with in_tenant(other.pk):
        order("b")

    Order.across_tenants.update(total=F("total") + 1)

    found = OutboxEvent.objects.filter(type=RowsChanged.TYPE)
    assert {row.tenant_id: len(row.envelope().data["rows"]) for row in found} == {
        tenant.pk: 1,
        other.pk: 1,
    }


def test_an_update_is_told_with_what_it_computes() -> None:
    for number in ("a", "b", "c"):
        order(number, total=len(number), note=number)

    count = Order.objects.exclude(number="c").update(
        total=F("total") + 10, note=Upper(Concat("number", Value("!"))), extra={"x": 1}
    )

    assert count == 2
    assert heard() == [
        ("changed", n, {"total": (1, 11), "note": (n, f"{n.upper()}!"), "extra": ({}, {"x": 1})})
        for n in ("a", "b")
    ]
    stored = Order.objects.order_by("number").values_list("total", "note")
    assert list(stored) == [(11, "A!"), (11, "B!"), (1, "c")]


def test_an_update_that_leaves_its_own_filter_is_told() -> None:
    order("a", total=1)

    Order.objects.filter(total=1).update(total=2)

    assert heard() == [("changed", "a", {"total": (1, 2)})]


@pytest.mark.parametrize(
    "rows",
    [
        lambda: Order.objects.filter(total=1).distinct(),
        lambda: Order.objects.values("number"),
        lambda: Order.objects.select_related("shelf").order_by("-total"),
        lambda: Order.objects.filter(customer__name="Ada"),
        lambda: Order.objects.defer("total"),
        lambda: Order.objects.annotate(twice=F("total") * 2),
    ],
)
def test_whatever_the_queryset_its_update_is_told(rows: Any) -> None:
    order("a", total=1, customer=Customer.objects.create(name="Ada"))
    OutboxEvent.objects.all().delete()

    assert rows().update(total=5) == 1

    assert heard() == [("changed", "a", {"total": (1, 5)})]


def test_what_is_excluded_or_not_changed_is_not_told(tenant: Tenant) -> None:
    made = order("a", total=1)

    Order.objects.update(touched_at=made.touched_at)
    Order.objects.update(total=1)

    assert heard() == []


def test_secrets_are_masked() -> None:
    made = order("a", card="4111", token="s1")
    made.card, made.token = "4222", "s2"
    made.save()
    Order.objects.update(card="4333")
    made.refresh_from_db()
    made.save()
    first, second = heard()

    assert first == ("changed", "a", {"card": (MASK, MASK), "token": (MASK, MASK)})
    assert second == ("changed", "a", {"card": (MASK, MASK)})
    assert heard() == []


def test_many_are_created_in_batches_and_told_as_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "MOST_ROWS", 2)
    rows = [Order(number=str(n), total=n) for n in range(5)]

    Order.objects.bulk_create(rows)

    assert [len(event.rows) for event in events()] == [2, 2, 1]
    assert [(action, name, values["total"]) for action, name, values in heard()] == [
        ("created", str(n), (None, n)) for n in range(5)
    ]


def test_many_are_updated_by_what_each_holds() -> None:
    rows = [order(str(n), total=n) for n in range(3)]
    for row in rows:
        row.total += 10
    rows[0].note = F("number")

    assert Order.objects.bulk_update(rows, ["total", "note"]) == 3

    assert heard() == [
        ("changed", "0", {"total": (0, 10), "note": (None, "0")}),
        ("changed", "1", {"total": (1, 11)}),
        ("changed", "2", {"total": (2, 12)}),
    ]


def test_of_ignored_conflicts_only_what_went_in_is_told() -> None:
    Customer.objects.create(name="Ada")
    order("a", total=1)
    OutboxEvent.objects.all().delete()

    Order.objects.bulk_create(
        [Order(number="a"), Order(number="b"), Order(number="b")], ignore_conflicts=True
    )
    Customer.objects.bulk_create([Customer(name="Ada")], ignore_conflicts=True)
    Customer.objects.bulk_create(
        [Customer(name="Bob"), Customer(name="Ada")], ignore_conflicts=True
    )

    bob = Customer.objects.get(name="Bob")
    assert [(action, name) for action, name, _ in heard()] == [
        ("created", "b"),
        ("created", str(bob.pk)),
    ]
    assert Order.objects.count() == 2


def test_of_updated_conflicts_each_is_told_as_what_it_was() -> None:
    Customer.objects.create(name="Ada", visits=1)
    OutboxEvent.objects.all().delete()
    rows = [Customer(name="Ada", visits=5), Customer(name="Bob", visits=2)]

    made = Customer.objects.bulk_create(
        rows, update_conflicts=True, update_fields=["visits"], unique_fields=["name"]
    )

    ada, bob = (str(Customer.objects.get(name=name).pk) for name in ("Ada", "Bob"))
    assert [str(row.pk) for row in made] == [ada, bob]
    assert heard() == [
        ("created", bob, {"name": (None, "Bob"), "visits": (None, 2)}),
        ("changed", ada, {"visits": (1, 5)}),
    ]


def test_update_or_create_and_its_siblings_are_told() -> None:
    Order.objects.update_or_create(number="a", defaults={"total": 1})
    Order.objects.update_or_create(number="a", defaults={"total": 2})
    Order.objects.get_or_create(number="a", defaults={"total": 3})

    assert [(action, values["total"]) for action, _, values in heard()] == [
        ("created", (None, 1)),
        ("changed", (1, 2)),
    ]


def test_an_expression_in_a_row_is_told_as_what_it_came_to() -> None:
    made = order("a", total=4)

    made.total = F("total") + 1
    made.save(update_fields=["total"])

    assert heard() == [("changed", "a", {"total": (4, 5)})]


def test_many_are_deleted_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(querysets, "PAGE", 2)
    for number in range(5):
        order(str(number))

    found = Order.objects.exclude(number="3").delete()

    assert found == (4, {"kernel.Order": 4})
    names = sorted((action, name) for action, name, _ in heard())
    assert names == [("deleted", name) for name in ("0", "1", "2", "4")]
    assert Order.objects.none().delete() == (0, {})


def test_what_goes_with_another_row_is_told() -> None:
    shelf, customer = Shelf(), Customer.objects.create(name="Ada")
    shelf.save()
    order("a", shelf=shelf)
    order("b", customer=customer)
    customer_id = customer.pk

    shelf.delete()
    customer.delete()

    found = [(action, values.get("customer")) for action, _, values in heard()]
    assert found == [
        ("deleted", None),
        ("changed", (customer_id, None)),
        ("deleted", None),
    ]


def test_nothing_is_told_of_what_is_rolled_back() -> None:
    order("a")

    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.create(number="a")

    assert heard() == []


def test_a_key_that_is_used_again_is_told_as_a_new_row() -> None:
    first = Customer.objects.create(name="Ada")
    first_id = first.pk
    first.delete()
    Customer.objects.create(pk=first_id, name="Bob")

    assert [(action, name) for action, name, _ in heard()] == [
        ("created", str(first_id)),
        ("deleted", str(first_id)),
        ("created", str(first_id)),
    ]


def test_rows_that_come_between_are_told_by_beginning_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order("a", total=1)
    pages = querysets._pages
    late = iter([True])

    def late_row(rows: Any) -> Any:
        yield from pages(rows)
        if next(late, False):
            Order(number="b", total=1).save()

    monkeypatch.setattr(querysets, "_pages", late_row)
    Order.objects.update(total=2)
    told_now = heard()
    monkeypatch.setattr(querysets, "_pages", lambda rows: iter(()))

    with pytest.raises(RowsMovedError):
        Order.objects.update(total=3)

    assert told_now == [("changed", "a", {"total": (1, 2)})]
    assert heard() == []
    assert list(Order.objects.values_list("total", flat=True)) == [2]


def test_another_connection_is_refused() -> None:
    with pytest.raises(ElsewhereError), telling.telling("system"):
        pass


def test_memory_and_queries_do_not_grow_with_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    Order.objects.bulk_create([Order(number=str(n)) for n in range(300)])

    with CaptureQueriesContext(connection) as few:
        Order.objects.filter(number__in=["1", "2"]).update(total=1)
    with CaptureQueriesContext(connection) as many:
        Order.objects.update(total=2)
    with CaptureQueriesContext(connection) as one:
        Order.objects.get(number="1").save()

    # A savepoint, the rows, their event, the update; and an event for each 100 rows.
    assert len(few) == 5
    assert len(many) == len(few) + 2
    # The row, the row before, the update.
    assert len(one) == 3


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2**53 + 1, str(2**53 + 1)),
        (float("inf"), "inf"),
        (Decimal("1.50"), "1.50"),
        (UUID(int=1), str(UUID(int=1))),
        ({"a": [2**60, {"b": UUID(int=1)}]}, {"a": [str(2**60), {"b": str(UUID(int=1))}]}),
        (True, True),
    ],
)
def test_values_are_told_as_every_reader_of_json_knows_them(value: Any, shown: Any) -> None:
    assert told(value) == shown


def test_of_what_is_long_length_and_digest_are_told() -> None:
    order("a")

    Order.objects.update(note="x" * 5_000)

    [(_, _, changes)] = heard()
    assert changes["note"][1]["length"] == 5_000
    assert set(told(b"abc")) == {"length", "sha256"}


def test_a_manager_that_tells_nothing_is_found() -> None:
    found = [one.id for one in Blind.check() if one.id and one.id.startswith("septet")]

    assert found == ["septet.E060"]
    assert [one for one in Order.check() if (one.id or "").startswith("septet")] == []


def test_conditional_updates_are_told() -> None:
    order("a", total=1)
    order("b", total=2)

    Order.objects.update(total=Case(When(number="a", then=Value(9)), default=F("total")))

    assert heard() == [("changed", "a", {"total": (1, 9)})]
