"""The dataset of notes, and somebody who may do all with it."""

from collections.abc import Iterator

import pytest

from kernel.datasets import registry
from kernel.datasets.registry import register
from kernel.datasets.writing import one_by_one
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import somebody
from tests.kernel.datasets.notes import NOTES, remove, rows, write


@pytest.fixture
def notes(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The dataset of notes, with somebody acting who has every scope."""
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))
    register(
        NOTES,
        read=rows.read,
        find=rows.find,
        write=one_by_one(write),
        remove=one_by_one(remove),
    )
    with acting_as(somebody(tenant.pk)):
        yield
