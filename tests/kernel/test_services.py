"""Which services a process serves, on which port, and where the others are."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from kernel.discovery.addresses import SCHEMES
from kernel.services import CATALOGUE, addresses, default_port, select


def test_the_seven_have_the_ports_that_others_rely_on() -> None:
    assert {service.name: service.port for service in CATALOGUE} == {
        "audit": 3009,
        "notifications": 3003,
        "files": 3004,
        "documents": 3008,
        "scheduler": 3005,
        "config": 3007,
        "importexport": 3010,
    }


@pytest.mark.parametrize(
    ("text", "names", "port"),
    [
        ("all", tuple(service.name for service in CATALOGUE), 8000),
        ("audit", ("audit",), 3009),
        ("files, audit", ("audit", "files"), 8000),
        ("config,", ("config",), 3007),
    ],
)
def test_a_selection_has_its_services_and_its_port(
    text: str, names: tuple[str, ...], port: int
) -> None:
    assert select(text) == names
    assert default_port(names) == port


@pytest.mark.parametrize("text", ["", ",", "nothing", "audit,nothing", "ALL"])
def test_an_unknown_service_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="some of audit, notifications"):
        select(text)


def test_addresses_are_on_this_host_unless_somebody_says_otherwise() -> None:
    found = addresses(("files=https://files.example.com/",), SCHEMES)

    assert found["files"] == "https://files.example.com"
    assert found["audit"] == "http://127.0.0.1:3009"


def test_a_service_of_several_processes_has_all_their_addresses() -> None:
    given = ("files=http://a:1", "audit=registry:", "files=http://b:2#west")

    found = addresses(given, SCHEMES)

    assert found["files"] == "http://a:1 http://b:2#west"
    assert found["audit"] == "registry:"


@pytest.mark.parametrize(
    "given", [("files=ftp://a",), ("nothing=http://a",), ("files=registry:", "files=http://a")]
)
def test_what_finds_no_service_is_refused(given: tuple[str, ...]) -> None:
    with pytest.raises(ImproperlyConfigured, match="SERVICE_URLS: expected"):
        addresses(given, SCHEMES)
