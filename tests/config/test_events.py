"""What is told of feature flags: each change once, with its transaction."""

import pytest

from apps.config.services.flags import create_flag, delete_flag, delete_flags, update_flag
from contracts.config import FlagChanged, FlagCreated, FlagDeleted
from kernel.errors import ConflictError
from kernel.ids import new_id
from kernel.testing.events import published

pytestmark = pytest.mark.usefixtures("tenant")


def test_each_change_of_a_flag_is_told() -> None:
    id_ = str(create_flag(key="dark-mode").pk)
    update_flag(id=id_, owner="web")
    update_flag(id=id_)
    delete_flag(id=id_)

    assert published() == [
        FlagCreated(flag_id=id_, key="dark-mode"),
        FlagChanged(flag_id=id_, key="dark-mode", fields=("owner",)),
        FlagDeleted(flag_id=id_, key="dark-mode"),
    ]


def test_a_flag_that_could_not_be_made_is_not_told() -> None:
    create_flag(key="dark-mode")

    with pytest.raises(ConflictError):
        create_flag(key="dark-mode")

    assert [type(event) for event in published()] == [FlagCreated]


def test_of_many_those_are_told_that_are_gone() -> None:
    id_ = str(create_flag(key="dark-mode").pk)

    delete_flags(ids=[str(new_id()), id_])

    assert published()[1:] == [FlagDeleted(flag_id=id_, key="dark-mode")]
