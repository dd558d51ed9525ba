"""Where the keys come from."""

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from kernel.secrets.ring import KeyRing, as_text, change, ring, store, with_new_key, without
from tests.kernel.secrets.conftest import key_text


def test_a_file_is_made_at_first_use_for_its_owner_alone(ring_file: Path) -> None:
    first = ring()

    assert stat.S_IMODE(ring_file.stat().st_mode) == 0o600
    assert list(first.keys) == [first.active]
    assert len(first.keys[first.active]) == 32
    assert ring() == first
    assert [path.name for path in ring_file.parent.iterdir()] == ["encryption_keys.json"]


def test_processes_that_race_make_one_ring(ring_file: Path) -> None:
    program = (
        "import django; django.setup()\nfrom kernel.secrets.ring import ring; print(ring().active)"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "DATA_DIR": str(ring_file.parent),
    }
    running = [
        subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE)
        for _ in range(3)
    ]

    told = {process.communicate()[0] for process in running}

    assert told == {f"{ring().active}\n".encode()}


def test_a_rotated_file_is_read_anew(ring_file: Path) -> None:
    old = ring()

    store(ring_file, with_new_key(old), replace=True)

    assert ring().active != old.active
    assert ring().keys[old.active] == old.keys[old.active]
    assert stat.S_IMODE(ring_file.stat().st_mode) == 0o600


def test_the_active_key_cannot_be_taken_out() -> None:
    keys = KeyRing("b", {"a": b"1", "b": b"2"})

    assert without(keys, "a") == KeyRing("b", {"b": b"2"})
    assert without(keys, "b") == keys


def test_a_ring_as_text_is_read_back(settings: Any) -> None:
    made = with_new_key(with_new_key(KeyRing("", {})))

    settings.ENCRYPTION_KEYS = as_text(made)

    assert ring() == made


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("one", "the key one is not 32 bytes in base64"),
        ("one:c2hvcnQ=", "the key one is not 32 bytes in base64"),
        ("one:!!!", "the key one is not 32 bytes in base64"),
        (f"One:{key_text(1)}", "whose id is not 1 to 32 of a-z, 0-9 and the hyphen"),
        (f":{key_text(1)}", "whose id is not 1 to 32 of a-z, 0-9 and the hyphen"),
        (f"a.b:{key_text(1)}", "whose id is not 1 to 32 of a-z, 0-9 and the hyphen"),
        (f"one:{key_text(1)},one:{key_text(2)}", "two keys of one id"),
    ],
)
def test_keys_that_are_none_are_told_without_showing_them(
    settings: Any, text: str, told: str
) -> None:
    settings.ENCRYPTION_KEYS = text

    with pytest.raises(ImproperlyConfigured, match=told) as caught:
        ring()
    assert key_text(1) not in str(caught.value)
    assert "c2hvcnQ" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is no key ring"),
        ("[]", "is no key ring"),
        ("{}", "is no key ring"),
        (json.dumps({"active": "b", "keys": {"a": key_text(1)}}), "names 'b' as active"),
        (json.dumps({"active": "a", "keys": {"a": 7}}), "the key a is not 32 bytes"),
    ],
)
def test_a_damaged_file_is_told(ring_file: Path, content: str, told: str) -> None:
    ring_file.write_text(content)

    with pytest.raises(ImproperlyConfigured, match=told):
        ring()


def test_a_file_that_was_named_is_not_made_by_itself(ring_file: Path, settings: Any) -> None:
    settings.ENCRYPTION_KEYS_FILE = ring_file.with_name("mounted.json")

    with pytest.raises(ImproperlyConfigured, match=r"mounted\.json is not there: restore it"):
        ring()
    assert list(ring_file.parent.iterdir()) == []

    change(settings.ENCRYPTION_KEYS_FILE, with_new_key)
    assert len(ring().keys) == 1


def test_keys_that_are_added_at_the_same_time_are_all_kept(ring_file: Path) -> None:
    ring()
    threads = [threading.Thread(target=change, args=(ring_file, with_new_key)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ring().keys) == 9
