"""Pages of rows: in their order, of some columns, by named filters, masked by scope."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.datasets import Dataset, Mode, Page, Wanted
from kernel import clock
from kernel.datasets import registry
from kernel.datasets.registry import register, registered
from kernel.datasets.services import apply_batch, described, reachable, read_page
from kernel.errors import ForbiddenError, InvalidInputError, NotFoundError
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import somebody
from kernel.testing.tenants import make_tenant
from tests.kernel.datasets.notes import NAME, NOTES, PERSONAL, READ, SERVICE, WRITE

pytestmark = pytest.mark.usefixtures("notes")


def keys(page: Page) -> list[str]:
    return [row["key"] for row in page.rows]


@pytest.fixture
def five(notes: None) -> None:
    """Five notes, two of them starred."""
    rows = [
        {"key": key, "text": f"text {key}", "starred": key in "bd", "author": "Ada"}
        for key in "edcba"
    ]
    apply_batch(NAME, batch="five", mode=Mode.INSERT, rows=rows)


@pytest.mark.usefixtures("five")
def test_pages_follow_each_other_in_the_order_of_the_owner() -> None:
    read, place = [], ""
    while True:
        page = read_page(NAME, Wanted(limit=2, after=place))
        read.append(keys(page))
        place = page.next
        if not place:
            break

    assert read == [["a", "b"], ["c", "d"], ["e"]]


@pytest.mark.usefixtures("five")
def test_a_page_has_no_more_rows_than_the_dataset_lets(monkeypatch: pytest.MonkeyPatch) -> None:
    few = replace(registered(NAME), dataset=replace(NOTES, most_rows=2))
    monkeypatch.setitem(registry._REGISTRY, NAME, few)

    page = read_page(NAME, Wanted())

    assert (keys(page), keys(read_page(NAME, Wanted(after=page.next)))) == (["a", "b"], ["c", "d"])


@pytest.mark.usefixtures("five")
def test_a_page_has_the_fields_that_are_named_and_nothing_of_its_writer() -> None:
    whole = read_page(NAME, Wanted(limit=1)).rows[0]
    some = read_page(NAME, Wanted(limit=1, columns=("text", "starred"))).rows[0]

    assert list(whole) == ["key", "text", "author", "starred", "created_at"]
    assert some == {"text": "text a", "starred": False}


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"text": "text c"}, "c"),
        ({"starred": True}, "bd"),
        ({"starred": "true"}, "bd"),
        ({"starred": "false", "text": "text a"}, "a"),
        ({"author": "Bo"}, ""),
    ],
)
def test_rows_are_filtered_by_what_the_dataset_names(filters: dict[str, Any], found: str) -> None:
    assert "".join(keys(read_page(NAME, Wanted(limit=9, filters=filters)))) == found


@pytest.mark.usefixtures("five")
def test_rows_are_read_since_and_until_a_time() -> None:
    after = clock.now().isoformat()

    assert len(keys(read_page(NAME, Wanted(limit=9, until=after)))) == 5
    assert keys(read_page(NAME, Wanted(limit=9, since=after))) == []
    assert len(keys(read_page(NAME, Wanted(limit=9, since="2020-01-01T00:00:00Z")))) == 5


@pytest.mark.usefixtures("five")
def test_a_field_without_its_scope_is_masked_and_no_filter(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk, READ)):
        masked = read_page(NAME, Wanted(limit=1)).rows[0]
        with pytest.raises(ForbiddenError, match=PERSONAL):
            read_page(NAME, Wanted(limit=1, filters={"author": "Ada"}))

    assert masked["author"] == "***"
    assert read_page(NAME, Wanted(limit=1)).rows[0]["author"] == "Ada"


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"limit": 0}, InvalidInputError),
        ({"columns": ("colour",)}, InvalidInputError),
        ({"columns": ("pk",)}, InvalidInputError),
        ({"filters": {"key": "a"}}, InvalidInputError),
        ({"filters": {"tenant_id": "a"}}, InvalidInputError),
        ({"filters": {"starred": "maybe"}}, InvalidInputError),
        ({"since": "yesterday"}, InvalidInputError),
        ({"since": "2024-05-01T12:00:00"}, InvalidInputError),
        ({"after": "nowhere"}, InvalidInputError),
        ({"after": "x" * 2_000}, InvalidInputError),
    ],
)
def test_what_a_dataset_does_not_name_is_refused(wanted: dict[str, Any], error: Any) -> None:
    with pytest.raises(error):
        read_page(NAME, Wanted(**{"limit": 5, **wanted}))


@pytest.mark.usefixtures("five")
def test_nobody_reads_what_is_not_theirs(tenant: Tenant) -> None:
    with acting_as(somebody(make_tenant().pk)):
        assert read_page(NAME, Wanted(limit=5)).rows == []
    with acting_as(somebody(tenant.pk, WRITE)):
        with pytest.raises(ForbiddenError, match=READ):
            read_page(NAME, Wanted(limit=5))
        assert described(NAME) == NOTES
    with acting_as(somebody(tenant.pk, "other:read")):
        with pytest.raises(ForbiddenError, match=READ):
            described(NAME)
        assert reachable(SERVICE) == []
    with pytest.raises(NotFoundError):
        read_page(f"{SERVICE}.nothing", Wanted(limit=5))


@pytest.mark.usefixtures("five")
def test_a_page_is_one_statement_however_long() -> None:
    counts = []
    for limit in (1, 5):
        with CaptureQueriesContext(connection) as queries:
            read_page(NAME, Wanted(limit=limit))
        counts.append(len(queries))

    assert counts == [1, 1]


def test_a_dataset_is_told_as_json_and_back() -> None:
    assert Dataset.of(NOTES.told()) == NOTES


@pytest.mark.parametrize(
    ("told", "functions", "message"),
    [
        ({}, {}, "there is a dataset of this name"),
        ({"key": ("colour",)}, {}, "it has no field colour"),
        ({"key": ()}, {}, "it has no key"),
        ({"filters": ("colour",)}, {}, "it has no field colour"),
        ({"cursor": "colour"}, {}, "it has no field colour"),
        ({}, {"write": None}, "modes and a writer"),
        ({}, {"find": None}, "found by its key"),
        ({}, {"remove": None}, "it can take away"),
        ({"write_scope": ""}, {}, "names the scope"),
        ({"modes": frozenset()}, {}, "modes and a writer"),
    ],
)
def test_a_dataset_that_contradicts_itself_is_refused_at_start(
    told: dict[str, Any], functions: dict[str, Any], message: str
) -> None:
    name = NAME if message.startswith("there is") else f"{SERVICE}.others"
    given = {**vars_of(NOTES), "name": name, **told}
    usual: dict[str, Any] = {
        "read": print, "find": print, "write": print, "remove": print,
    }  # fmt: skip

    with pytest.raises(ValueError, match=message):
        register(Dataset(**given), **{**usual, **functions})


def vars_of(dataset: Dataset) -> dict[str, Any]:
    return {name: getattr(dataset, name) for name in dataset.__slots__}
