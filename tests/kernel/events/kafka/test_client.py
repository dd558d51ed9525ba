"""Who we are to the brokers: with TLS and a sign-in, on a real Kafka; and wrong settings."""

from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured

from kernel.env import Environment
from kernel.events.kafka.checks import kafka_can_be_spoken_to
from kernel.events.kafka.client import configuration, prefixed
from kernel.events.kafka.topics import make_missing
from kernel.events.kafka.transport import Kafka
from tests.kernel.events.factories import tell
from tests.kernel.events.kafka.factories import first_seen


@pytest.fixture
def secure(kafka: dict[str, str], settings: Any) -> Any:
    """The settings of a Kafka that is spoken to by TLS, and signed in at."""
    settings.KAFKA_BOOTSTRAP_SERVERS = (kafka["KAFKA_BOOTSTRAP_SERVERS_SECURE"],)
    settings.KAFKA_SECURITY_PROTOCOL = "SASL_SSL"
    settings.KAFKA_CA_FILE = kafka["KAFKA_SECURE_CA_FILE"]
    settings.KAFKA_SASL_USERNAME = kafka["KAFKA_SECURE_USERNAME"]
    settings.KAFKA_SASL_PASSWORD = kafka["KAFKA_SECURE_PASSWORD"]
    return settings


@pytest.mark.live
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
@pytest.mark.django_db(transaction=True)
def test_events_travel_by_tls_for_who_signs_in(secure: Any, mechanism: str) -> None:
    secure.KAFKA_SASL_MECHANISM = mechanism
    tell(("a", 1), ("a", 2))
    transport = Kafka()

    count = transport.relay(500)
    transport.release(5)

    assert kafka_can_be_spoken_to() == []
    assert count == 2
    assert first_seen(2) == {"a": [1, 2]}


@pytest.mark.live
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAFKA_SASL_PASSWORD", "wrong"),
        ("KAFKA_CA_FILE", ""),
        ("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT"),
    ],
)
def test_nobody_gets_in_by_another_password_or_trusts_an_unknown_broker(
    secure: Any, name: str, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    setattr(secure, name, value)

    with pytest.raises(KafkaException):
        make_missing([prefixed("tests.thing")])

    assert "devsecret" not in caplog.text


def ids(found: list[CheckMessage]) -> list[str | None]:
    """Return which sentences were told."""
    assert all(message.msg.count(". ") == 0 and message.hint for message in found)
    return [message.id for message in found]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"BOOTSTRAP_SERVERS": ("kafka-1.internal:9092", "[::1]:9092")}, []),
        ({"BOOTSTRAP_SERVERS": ("kafka",)}, ["septet.E030"]),
        ({"BOOTSTRAP_SERVERS": ("PLAINTEXT://kafka:9092",)}, ["septet.E030"]),
        ({"PREFIX": "test-"}, []),
        ({"PREFIX": "für uns"}, ["septet.E031"]),
        ({"SECURITY_PROTOCOL": "SASL_SSL"}, ["septet.E032"]),
        ({"SECURITY_PROTOCOL": "SASL_SSL", "SASL_USERNAME": "a"}, ["septet.E032"]),
        (
            {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_USERNAME": "a", "SASL_PASSWORD": "b"},
            [],
        ),
        ({"SASL_PASSWORD": "b"}, ["septet.E033"]),
        ({"SECURITY_PROTOCOL": "SSL", "SASL_USERNAME": "a"}, ["septet.E033"]),
        (
            {
                "SECURITY_PROTOCOL": "SASL_PLAINTEXT",
                "SASL_MECHANISM": "PLAIN",
                "SASL_USERNAME": "a",
                "SASL_PASSWORD": "b",
            },
            ["septet.W034"],
        ),
        ({"SECURITY_PROTOCOL": "SSL", "CA_FILE": "/nowhere"}, ["septet.E035"]),
        ({"CA_FILE": __file__}, ["septet.E036"]),
        ({"SECURITY_PROTOCOL": "SSL", "CERTIFICATE_FILE": __file__}, ["septet.E037"]),
        ({"SECURITY_PROTOCOL": "SSL", "KEY_FILE": __file__}, ["septet.E037"]),
        (
            {"SECURITY_PROTOCOL": "SSL", "KEY_FILE": __file__, "CERTIFICATE_FILE": __file__},
            [],
        ),
    ],
)
def test_settings_that_do_not_fit_together_are_told(
    changes: dict[str, Any], expected: list[str], settings: Any
) -> None:
    for name, value in ({"BOOTSTRAP_SERVERS": ("kafka:9092",)} | changes).items():
        setattr(settings, f"KAFKA_{name}", value)

    assert ids(kafka_can_be_spoken_to()) == expected


def test_without_brokers_nothing_is_asked_for(settings: Any) -> None:
    settings.KAFKA_SECURITY_PROTOCOL = "SASL_SSL"

    assert kafka_can_be_spoken_to() == []


def test_a_password_is_read_from_its_file_and_its_value_never_told(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from a file\n", encoding="utf-8")

    assert Environment({"P": "given"}).secret("P") == "given"
    assert Environment({"P_FILE": str(file)}).secret("P") == "from a file"
    assert Environment({}).secret("P") == ""
    with pytest.raises(ImproperlyConfigured, match="P and P_FILE are both set") as both:
        Environment({"P": "given", "P_FILE": str(file)}).secret("P")
    assert "given" not in str(both.value)
    with pytest.raises(ImproperlyConfigured, match=r"P_FILE=/nowhere/at-all: expected a file"):
        Environment({"P_FILE": "/nowhere/at-all"}).secret("P")


def test_only_what_is_asked_for_goes_to_librdkafka(settings: Any) -> None:
    settings.KAFKA_BOOTSTRAP_SERVERS = ("a:1", "b:2")
    settings.KAFKA_SASL_PASSWORD = "unused"

    told = configuration(group_id="audit.trail")

    assert (told["bootstrap.servers"], told["group.id"]) == ("a:1,b:2", "audit.trail")
    assert not [name for name in told if name.startswith(("sasl.", "ssl."))]
