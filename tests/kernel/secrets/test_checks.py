"""What the start tells of keys that are easy to come by."""

from pathlib import Path
from typing import Any

import pytest

from kernel.secrets.checks import (
    key_files_are_private,
    keys_are_good,
    keys_outlive_this_machine,
    the_signing_key_is_long,
)
from kernel.secrets.ring import ring
from tests.kernel.secrets.conftest import key_text


def ids(found: list[Any]) -> list[str]:
    """Return the ids of what a check tells."""
    return [problem.id for problem in found]


def test_a_ring_that_is_made_at_first_use_is_good_and_private(ring_file: Path) -> None:
    for made in (False, True):
        assert ring_file.exists() == made
        assert ids(keys_are_good()) == []
        assert ids(key_files_are_private()) == []
        ring()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (f"one:{key_text(0)}", ["septet.E012"]),
        (f"one:{key_text(0)},two:{key_text(65)}", ["septet.E012", "septet.E012"]),
        ("nonsense", ["septet.E011"]),
    ],
)
def test_keys_that_somebody_made_up_are_told(keys: str, expected: list[str], settings: Any) -> None:
    settings.ENCRYPTION_KEYS = keys

    assert ids(keys_are_good()) == expected


def test_a_ring_that_was_named_and_is_not_there_is_told(ring_file: Path, settings: Any) -> None:
    settings.ENCRYPTION_KEYS_FILE = ring_file.with_name("mounted.json")

    assert ids(keys_are_good()) == ["septet.E011"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (0o600, []),
        (0o400, []),
        (0o640, ["septet.W012"]),
        (0o604, ["septet.E013"]),
        (0o666, ["septet.E013"]),
    ],
)
@pytest.mark.parametrize("name", ["encryption_keys.json", "secret_key"])
def test_a_file_that_others_can_read_is_told(
    name: str, mode: int, expected: list[str], ring_file: Path
) -> None:
    file = ring_file.with_name(name)
    file.touch()
    file.chmod(mode)

    assert ids(key_files_are_private()) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("x" * 60, ["septet.W010"]),
        ("short", ["septet.W010"]),
        ("django-insecure-abcdefghijklmnopqrstuvwxyz0123456789ABCDEF", ["septet.W010"]),
        ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", []),
        ("0123456789abcdef" * 4, []),
    ],
)
def test_a_signing_key_that_can_be_guessed_is_told(
    key: str, expected: list[str], settings: Any
) -> None:
    settings.SECRET_KEY = key

    assert ids(the_signing_key_is_long()) == expected


def test_keys_of_one_machine_for_a_database_of_another_are_told(
    ring_file: Path, settings: Any
) -> None:
    settings.EMBEDDED = True
    assert ids(keys_outlive_this_machine()) == []

    settings.EMBEDDED = False
    assert ids(keys_outlive_this_machine()) == ["septet.W011"]

    settings.ENCRYPTION_KEYS_FILE = ring_file.with_name("mounted.json")
    assert ids(keys_outlive_this_machine()) == []
