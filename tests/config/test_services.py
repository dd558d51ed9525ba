"""What may be done to feature flags, and what is refused."""

from typing import Any

import pytest
from django.db import transaction

from apps.config.models import FeatureFlag
from apps.config.services.flags import create_flag, delete_flag, delete_flags, update_flag
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.ids import new_id
from kernel.tenancy.context import in_tenant
from kernel.testing.rivals import rival
from kernel.testing.tenants import make_tenant

pytestmark = pytest.mark.usefixtures("tenant")


def stored() -> list[tuple[str, str, bool]]:
    flags = FeatureFlag.objects.order_by("key")
    return [(flag.key, flag.description, flag.client_visible) for flag in flags]


def test_a_new_flag_is_for_servers_unless_said_otherwise() -> None:
    create_flag(key="dark-mode")
    create_flag(key="new-search", description="Search", client_visible=True)

    assert stored() == [("dark-mode", "", False), ("new-search", "Search", True)]


def test_a_key_is_taken_once_in_each_tenant() -> None:
    create_flag(key="dark-mode", description="ours")
    with in_tenant(make_tenant().pk):
        create_flag(key="dark-mode", description="theirs")

    with pytest.raises(ConflictError, match="there is a feature flag 'dark-mode' already"):
        create_flag(key="dark-mode", description="again")

    assert stored() == [("dark-mode", "ours", False)]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"key": ""}, "key: This field cannot be blank."),
        ({"key": " \n"}, "key holds nothing but spaces"),
        ({"key": "x" * 201}, "key: Ensure this value has at most 200 characters (it has 201)."),
        (
            {"key": "x", "description": "x" * 1001},
            "description: Ensure this value has at most 1000 characters (it has 1001).",
        ),
        ({"key": "x", "description": None}, "description cannot be null"),
        ({"key": "x", "client_visible": None}, "clientVisible cannot be null"),
    ],
)
def test_a_flag_that_cannot_be_is_not_made(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        create_flag(**parts)

    assert str(refused.value) == message
    assert stored() == []


def test_a_change_leaves_alone_what_it_does_not_name() -> None:
    flag = create_flag(key="dark-mode", description="Dark")
    FeatureFlag.objects.update(description="Changed in between")

    for _ in range(2):
        assert update_flag(id=str(flag.pk), client_visible=True).client_visible

    assert stored() == [("dark-mode", "Changed in between", True)]


def test_a_change_of_nothing_changes_nothing() -> None:
    flag = create_flag(key="dark-mode", client_visible=True)

    update_flag(id=str(flag.pk))

    assert stored() == [("dark-mode", "", True)]


def test_a_change_that_cannot_be_changes_nothing() -> None:
    flag = create_flag(key="dark-mode", description="Dark")

    with pytest.raises(InvalidInputError, match="description cannot be null"):
        update_flag(id=str(flag.pk), client_visible=True, description=None)  # type: ignore[arg-type]  # what a caller may send

    assert stored() == [("dark-mode", "Dark", False)]


def test_a_flag_is_removed_once_and_shown_as_it_was() -> None:
    flag, kept = create_flag(key="dark-mode"), create_flag(key="kept")

    removed = delete_flag(id=str(flag.pk))
    with pytest.raises(NotFoundError, match=f"no feature flag {flag.pk}"):
        delete_flag(id=str(flag.pk))

    assert (removed.pk, removed.key) == (flag.pk, "dark-mode")
    assert stored() == [(kept.key, "", False)]


def test_many_are_removed_and_each_that_is_not_there_is_named() -> None:
    flags = [create_flag(key=key) for key in ("a", "b", "kept")]
    unknown = str(new_id())

    outcomes = delete_flags(ids=[str(flags[1].pk), unknown, "x", str(flags[0].pk)])

    assert outcomes[0] == flags[1]
    assert outcomes[3] == flags[0]
    assert [str(one) for one in outcomes[1:3]] == [
        f"no feature flag {unknown}",
        "an id is a UUID of 36 characters, found 'x'",
    ]
    assert stored() == [("kept", "", False)]


def test_more_than_a_call_takes_are_not_removed() -> None:
    flag = create_flag(key="kept")

    with pytest.raises(LimitExceededError, match="ids holds at most 100 items a call, found 101"):
        delete_flags(ids=[str(flag.pk)] * 101)

    assert stored() == [("kept", "", False)]


def test_nothing_to_remove_is_nothing_removed() -> None:
    assert delete_flags(ids=[]) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_flags_made_at_once_with_one_key_one_is_made() -> None:
    with transaction.atomic():
        create_flag(key="dark-mode", description="first")
        late = rival(lambda: create_flag(key="dark-mode", description="second"))
        assert not late.done()

    with pytest.raises(ConflictError):
        late.result(timeout=10)
    assert stored() == [("dark-mode", "first", False)]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_both_happen() -> None:
    flag = create_flag(key="dark-mode")

    with transaction.atomic():
        update_flag(id=str(flag.pk), description="Dark")
        late = rival(lambda: update_flag(id=str(flag.pk), client_visible=True))
        assert not late.done()

    assert late.result(timeout=10).description == "Dark"
    assert stored() == [("dark-mode", "Dark", True)]
