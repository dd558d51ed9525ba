"""What an operator lets us call besides the public internet."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from kernel.outbound.client import fetch
from kernel.outbound.errors import OutboundFailedError, OutboundRefusedError
from kernel.outbound.reach import allowed
from project.checks import allowed_addresses_can_be_read
from tests.kernel.outbound.conftest import Names

NAMES = {
    "hooks.internal": ["10.9.9.9"],
    "public.example": ["93.184.216.34"],
    "mixed.example": ["10.1.0.1", "10.2.0.1"],
}


@pytest.fixture(autouse=True)
def _nobody_is_reached(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    names.known = dict(NAMES)

    def connect(*_: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.socket.connect", connect)


def outcome(url: str) -> str:
    """Return `called`, or the rule that a call breaks."""
    try:
        fetch("GET", url, purpose="test")
    except OutboundRefusedError as error:
        return error.rule
    except OutboundFailedError:
        return "called"
    raise AssertionError("somebody answered")


@pytest.mark.parametrize(
    ("entries", "url", "expected"),
    [
        ((), "http://public.example/", "called"),
        ((), "https://public.example:443/", "called"),
        ((), "https://public.example:80/", "called"),
        ((), "http://public.example:8080/", "port"),
        ((), "http://public.example:22/", "port"),
        ((), "http://hooks.internal/", "address"),
        ((), "http://10.9.9.9/", "address"),
        (("10.9.0.0/16",), "http://hooks.internal/", "called"),
        (("10.9.0.0/16",), "http://10.9.9.9/", "called"),
        (("10.9.0.0/16",), "http://10.8.9.9/", "address"),
        (("10.9.0.0/16",), "http://10.9.9.9:8080/", "port"),
        (("10.1.0.0/16",), "http://mixed.example/", "address"),
        (("10.1.0.0/16", "10.2.0.0/16"), "http://mixed.example/", "called"),
        (("hooks.internal",), "http://hooks.internal/", "called"),
        (("hooks.internal",), "http://hooks.internal:8080/", "port"),
        (("hooks.internal",), "http://10.9.9.9/", "address"),
        (("hooks.internal:8080",), "http://hooks.internal:8080/", "called"),
        (("hooks.internal:8080",), "http://hooks.internal/", "address"),
        (("hooks.internal:8080",), "http://public.example:8080/", "allowed"),
        (("HOOKS.internal",), "http://hooks.INTERNAL/", "called"),
        (("10.9.9.9:9000",), "http://10.9.9.9:9000/", "called"),
        (("[fd00::1]:9000",), "http://[fd00:0::1]:9000/", "called"),
        (("[fd00::1]",), "http://[fd00::1]/", "called"),
        (("fd00::/8",), "http://[fd00::1]/", "called"),
        (("fd00::/8",), "http://[fe80::1]/", "address"),
    ],
)
def test_an_entry_opens_what_it_names_and_no_more(
    entries: tuple[str, ...], url: str, expected: str, settings: Any
) -> None:
    settings.OUTBOUND_ALLOWED = entries

    assert outcome(url) == expected


@pytest.mark.parametrize(
    ("entries", "url", "expected"),
    [
        ((), "http://public.example/", "allowed"),
        (("public.example",), "http://public.example/", "called"),
        (("93.184.216.0/24",), "http://public.example/", "called"),
        (("93.184.217.0/24",), "http://public.example/", "allowed"),
        (("hooks.internal",), "http://hooks.internal/", "called"),
        (("0.0.0.0/0",), "http://10.9.9.9/", "called"),
    ],
)
def test_nothing_else_is_called_where_the_operator_says_so(
    entries: tuple[str, ...], url: str, expected: str, settings: Any
) -> None:
    settings.OUTBOUND_ONLY_ALLOWED = True
    settings.OUTBOUND_ALLOWED = entries

    assert outcome(url) == expected


def test_ports_are_the_operators_choice(settings: Any) -> None:
    settings.OUTBOUND_PORTS = (8443,)

    assert outcome("https://public.example:8443/") == "called"
    assert outcome("https://public.example/") == "port"


@pytest.mark.parametrize(
    "entry",
    ["10.0.0.1/8", "10.0.0.0/33", "a b", "http://x", "x:0", "x:65536", "x:y", "fd00::1", "x/", "-"],
)
def test_an_entry_that_says_nothing_is_told(entry: str, settings: Any) -> None:
    settings.OUTBOUND_ALLOWED = (entry,)

    with pytest.raises(ImproperlyConfigured, match="OUTBOUND_ALLOWED="):
        allowed()


def test_the_start_tells_of_such_an_entry(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED = ("10.0.0.1/8",)

    assert [problem.id for problem in allowed_addresses_can_be_read()] == ["septet.E010"]
