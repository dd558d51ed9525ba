"""What schedules have made here: followed until it is there, and stopped."""

from pathlib import Path
from typing import Any

import pytest

from apps.documents.models import Document, DocumentBatch
from contracts.chores import WorkState
from kernel.chores.services import do, look, stop
from kernel.errors import InvalidInputError, NotFoundError
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import somebody
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.documents.making import kept_in, published, with_files

ONE = {"number": 1, "name": "n", "lines": []}
RENDER = ("documents.render", {"template": "letter", "format": "csv", "data": ONE})
MERGE = ("documents.merge", {"template": "letter", "format": "csv", "data": [ONE, ONE]})


@pytest.fixture(autouse=True)
def template(tenant: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    kept_in(monkeypatch, tmp_path)
    return published()


@with_files
@pytest.mark.parametrize(
    ("name", "told", "result"),
    [(*RENDER, {"pages": 0}), (*MERGE, {"made": 2, "failed": 0})],
)
def test_what_is_made_is_followed_until_it_is_there(
    tenant: Tenant, name: str, told: dict[str, Any], result: dict[str, Any]
) -> None:
    with acting_as(somebody(tenant.pk)):
        begun = do(name, told, key="run-1")
        going = look(name, begun.result)
        drain()
        after = look(name, begun.result)

    assert begun.goes_on
    assert going.state is WorkState.GOING_ON
    assert after.state is WorkState.DONE
    model = Document if name == "documents.render" else DocumentBatch
    assert after.result == result | {"fileId": str(model.objects.get().output_id)}


def test_how_many_documents_of_a_batch_are_made_is_told(tenant: Tenant) -> None:
    name, told = MERGE
    with acting_as(somebody(tenant.pk)):
        begun = do(name, told, key="run-1").result
        DocumentBatch.objects.update(total=1_200, made=1_000, failed=3)
        going = look(name, begun)

    assert (going.message, going.done, going.total) == ("1,000 of 1,200 documents", 1_003, 1_200)


@pytest.mark.parametrize(("name", "told"), [RENDER, MERGE])
def test_what_failed_says_why(tenant: Tenant, name: str, told: dict[str, Any]) -> None:
    with acting_as(somebody(tenant.pk)):
        begun = do(name, told, key="run-1").result
        failed = {"state": "failed", "error_code": "DOCUMENTS_X", "error_message": "no paper"}
        for model in (Document, DocumentBatch):
            model.objects.update(**failed)
        found = look(name, begun)

    assert (found.state, found.error_code, found.error_message) == (
        *(WorkState.FAILED, "DOCUMENTS_X"),
        "no paper",
    )


@pytest.mark.parametrize(("name", "told"), [RENDER, MERGE])
def test_what_is_stopped_is_not_made(tenant: Tenant, name: str, told: dict[str, Any]) -> None:
    with acting_as(somebody(tenant.pk)):
        begun = do(name, told, key="run-1").result
        for _ in range(2):
            stop(name, begun)
        drain()
        found = look(name, begun)

    assert found.state is WorkState.CANCELLED


@pytest.mark.parametrize(("name", "told"), [RENDER, MERGE])
def test_what_is_another_tenants_is_neither_followed_nor_stopped(
    tenant: Tenant, name: str, told: dict[str, Any]
) -> None:
    with acting_as(somebody(tenant.pk)):
        begun = do(name, told, key="run-1").result
    with acting_as(somebody(make_tenant().pk)):
        for ask in (look, stop):
            with pytest.raises(NotFoundError):
                ask(name, begun)
            with pytest.raises(InvalidInputError):
                ask(name, {})
    with acting_as(somebody(tenant.pk)):
        assert look(name, begun).state is WorkState.GOING_ON


@pytest.mark.parametrize(("name", "told"), [RENDER, MERGE])
def test_a_format_that_there_is_not_is_refused(
    tenant: Tenant, name: str, told: dict[str, Any]
) -> None:
    with acting_as(somebody(tenant.pk)), pytest.raises(InvalidInputError, match=r"\.format"):
        do(name, told | {"format": "CSV"}, key="run-1")

    assert not Document.objects.exists()
