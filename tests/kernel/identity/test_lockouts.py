"""Guesses at a password: so many, then none for a while."""

from datetime import timedelta

import pytest
from django.conf import LazySettings

from kernel.identity.lockouts import forget_attempts, lift, locked, try_name
from kernel.identity.models import Lockout
from kernel.identity.upkeep import clear_sign_ins
from tests.kernel.jobs.factories import MovableClock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _three_tries(settings: LazySettings) -> None:
    settings.SIGN_IN_FAILURES = 3
    settings.SIGN_IN_LOCKOUT = timedelta(minutes=15)


def tries(name: str, count: int) -> list[bool]:
    return [try_name(name, "192.0.2.1") for _ in range(count)]


def test_a_name_is_locked_after_so_many_tries_however_it_is_written() -> None:
    assert tries("Ada@Example.com", 2) + tries(" ada@example.COM ", 2) == [True] * 3 + [False]
    assert tries("grace@example.com", 1) == [True]
    assert [row.name for row in locked()] == ["ada@example.com"]


def test_a_lock_ends_by_itself_and_tries_while_locked_do_not_prolong_it(
    moved: MovableClock,
) -> None:
    tries("ada", 3)
    moved.by(minutes=14)
    assert tries("ada", 1) == [False]

    moved.by(minutes=1)

    assert tries("ada", 4) == [True] * 3 + [False]


def test_tries_that_are_long_ago_do_not_count(moved: MovableClock) -> None:
    tries("ada", 2)
    moved.by(minutes=15)

    assert tries("ada", 3) == [True] * 3


def test_who_proves_to_be_the_owner_begins_anew() -> None:
    tries("ada", 2)
    forget_attempts("ADA")

    assert tries("ada", 3) == [True] * 3


def test_a_lock_is_lifted_for_the_names_that_are_meant() -> None:
    tries("ada", 3)
    tries("grace", 3)

    assert lift(Lockout.objects.filter(name="ada")) == 1

    assert (try_name("ada", ""), try_name("grace", "")) == (True, False)


def test_what_no_longer_counts_is_tidied_up_and_a_lock_is_not(moved: MovableClock) -> None:
    tries("old", 2)
    moved.by(minutes=14)
    tries("old", 1)
    moved.by(minutes=14)
    clear_sign_ins("")
    assert tries("old", 1) == [False]

    moved.by(minutes=3)
    clear_sign_ins("")

    assert not Lockout.objects.exists()
