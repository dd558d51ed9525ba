"""Tables that are read a piece at a time."""

import pytest

from apps.files.models import File
from apps.files.services import create_file
from kernel.identity.models import Tenant
from kernel.reading import by_key


def _files(count: int) -> list[File]:
    made = [
        create_file(name=f"{n}.csv", content_type="text/csv", size_bytes=n) for n in range(count)
    ]
    return sorted(made, key=lambda file: file.pk)


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize("count", [0, 3, 4, 5])
def test_each_row_is_read_once_in_order_of_the_key(count: int) -> None:
    files = _files(count)

    assert list(by_key(File.objects.order_by("-name"), at_once=2)) == files


@pytest.mark.usefixtures("tenant")
def test_what_goes_away_or_changes_meanwhile_is_read_as_it_then_is() -> None:
    first, second, third = _files(3)
    reading = by_key(File.objects.all(), at_once=1)

    assert next(reading) == first
    File.objects.filter(pk__in=[first.pk, second.pk]).delete()
    File.objects.filter(pk=third.pk).update(name="later.csv")

    assert [file.name for file in reading] == ["later.csv"]


@pytest.mark.django_db(transaction=True)
def test_a_tenants_rows_are_read_outside_of_a_transaction(tenant: Tenant) -> None:
    files = _files(3)

    assert list(by_key(File.objects.filter(tenant_id=tenant.pk), at_once=2)) == files
