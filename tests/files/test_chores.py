"""The scans that a schedule asks for: followed until no file of the folder waits for one."""

import pytest

from apps.files.models import File
from apps.files.services.folders import create_folder
from contracts.chores import Work, WorkState
from kernel.chores.services import do, look, stop
from kernel.errors import InvalidInputError, NotFoundError
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import somebody
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.files.library import clean

NAME = "files.rescan"

pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def place(tenant: Tenant) -> str:
    """Return a folder with two files in it."""
    made = create_folder(name="in")
    ids = [clean(name.encode(), name=name).pk for name in ("a.txt", "b.txt")]
    File.objects.filter(pk__in=ids).update(folder_id=made.pk)
    clean(b"elsewhere", name="c.txt")
    return str(made.pk)


def test_scans_are_followed_until_no_file_waits(tenant: Tenant, place: str) -> None:
    with acting_as(somebody(tenant.pk)):
        begun = do(NAME, {"folder_id": place}, key="run-1")
        going = look(NAME, begun.result)
        drain()
        after = look(NAME, begun.result)

    assert (begun.result, begun.goes_on) == ({"folderId": place, "files": 2}, True)
    assert going == Work(
        state=WorkState.GOING_ON, message="2 files wait for a scanner", done=0, total=2
    )
    assert after.state is WorkState.DONE


def test_scans_that_were_asked_for_are_not_taken_back(tenant: Tenant, place: str) -> None:
    with acting_as(somebody(tenant.pk)):
        begun = do(NAME, {"folder_id": place}, key="run-1").result
        stop(NAME, begun)
        going = look(NAME, begun)

    assert going.state is WorkState.GOING_ON


def test_a_folder_of_another_tenant_is_not_followed(tenant: Tenant, place: str) -> None:
    with acting_as(somebody(tenant.pk)):
        begun = do(NAME, {"folder_id": place}, key="run-1").result
    with acting_as(somebody(make_tenant().pk)):
        with pytest.raises(NotFoundError):
            look(NAME, begun)
        with pytest.raises(InvalidInputError):
            look(NAME, {})
