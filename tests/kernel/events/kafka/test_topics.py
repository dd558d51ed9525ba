"""`manage.py topics`: what is declared, what is there, and what the difference is."""

import json
from concurrent.futures import Future
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from django.core.management import CommandError, call_command

from contracts.catalogue import event_types
from kernel.events.kafka import brokers, topics
from kernel.events.kafka.client import prefixed


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    # Of all events there are, those of two topics: to make seventeen takes a while.
    apps = ("audit.auditlog.", "files.")
    few = {type_: cls for type_, cls in event_types().items() if type_.startswith(apps)}
    monkeypatch.setattr(topics, "event_types", lambda: few)


def ran(*arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Return the exit code of the command, and what it told of each topic."""
    out, code = StringIO(), 0
    try:
        call_command("topics", *arguments, "--json", stdout=out)
    except SystemExit as end:
        code = int(end.code or 0)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    return code, {line.pop("topic"): line for line in lines}


def test_a_topic_is_declared_for_each_entity_that_events_tell_of() -> None:
    assert topics.declared() == [
        "audit.auditlog",
        "files.file",
        "files.folder",
        "files.link",
        "files.types",
    ]


@pytest.mark.live
@pytest.mark.usefixtures("kafka")
def test_what_is_missing_is_told_by_a_check_and_made_without() -> None:
    names = [
        prefixed("audit.auditlog"),
        prefixed("files.file"),
        prefixed("files.folder"),
        prefixed("files.link"),
        prefixed("files.types"),
    ]
    missing = {"state": "missing", "drift": []}
    made = {
        "drift": [],
        "partitions": 3,
        "replication": 1,
        "retention_ms": 7 * 86_400_000,
    }

    assert ran("--check") == (1, dict.fromkeys(names, missing))
    assert topics.found(names) == {}
    assert ran() == (0, dict.fromkeys(names, made | {"state": "made"}))
    assert ran("--check") == (0, dict.fromkeys(names, made | {"state": "ok"}))
    assert ran() == (0, dict.fromkeys(names, made | {"state": "ok"}))


@pytest.mark.live
@pytest.mark.usefixtures("kafka")
def test_nothing_is_made_smaller_and_partitions_grow_only_when_told(settings: Any) -> None:
    name = prefixed("files.file")
    ran()
    settings.KAFKA_PARTITIONS, settings.EVENT_RETENTION = 2, timedelta(days=1)
    drift = ["3 partitions, expected 2", "kept 7 days, expected 1 day"]
    for arguments, code in (("--check",), 1), ((), 0), (("--grow",), 0):
        ended, told = ran(*arguments)
        assert (ended, told[name]["state"], told[name]["drift"]) == (code, "drift", drift)
    assert topics.found([name])[name].partitions == 3

    settings.KAFKA_PARTITIONS, settings.EVENT_RETENTION = 5, timedelta(days=30)
    ended, told = ran()
    assert (ended, told[name]["drift"]) == (0, ["3 partitions, expected 5"])
    assert told[name]["retention_ms"] == 30 * 86_400_000
    ended, told = ran("--grow")
    assert (ended, told[name]["drift"], told[name]["partitions"]) == (0, [], 5)


@pytest.mark.live
@pytest.mark.usefixtures("kafka")
def test_people_are_told_in_a_line_for_each_topic() -> None:
    out = StringIO()
    call_command("topics", stdout=out)

    name = prefixed("files.file")
    assert f"made    {name:<36}3 partitions, 1 copies, kept 7 days" in out.getvalue()


@pytest.mark.live
@pytest.mark.usefixtures("kafka")
@pytest.mark.parametrize(
    ("protocol", "seconds", "told"),
    [("consumer", 6, ""), ("consumer", 5, "6 s"), ("classic", 5, "")],
)
def test_brokers_that_miss_a_killed_reader_late_are_told_of(
    settings: Any, monkeypatch: pytest.MonkeyPatch, protocol: str, seconds: int, told: str
) -> None:
    """Those of the tests wait for 6 s."""
    settings.KAFKA_GROUP_PROTOCOL = protocol
    monkeypatch.setattr(brokers, "SESSION_SECONDS", seconds)
    err = StringIO()

    call_command("topics", "--json", stdout=StringIO(), stderr=err)

    expected = (
        f"what a killed process reads rests for {told}: set group.consumer.session.timeout.ms of"
        f" the brokers to {seconds}000 or KAFKA_GROUP_PROTOCOL to classic; see docs/events.md\n"
    )
    assert err.getvalue() == (expected if told else "")


def test_brokers_that_do_not_answer_are_named(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.KAFKA_BOOTSTRAP_SERVERS = ("127.0.0.1:1",)
    monkeypatch.setattr(topics, "REQUEST_SECONDS", 0.5)

    with pytest.raises(CommandError, match=r"^127\.0\.0\.1:1: .*see the KAFKA_ settings") as told:
        call_command("topics")

    assert told.value.returncode == 1


@pytest.mark.parametrize("arguments", [[], ["--check", "--grow"]])
def test_what_makes_no_sense_is_misuse(arguments: list[str], settings: Any) -> None:
    settings.KAFKA_BOOTSTRAP_SERVERS = ("127.0.0.1:1",) if arguments else ()

    with pytest.raises(CommandError) as told:
        call_command("topics", *arguments)

    assert told.value.returncode == 2


def test_brokers_that_do_not_answer_are_told_of_as_any_other_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(topics, "REQUEST_SECONDS", 0.01)

    with pytest.raises(KafkaException, match="no answer about audit") as error:
        topics._results({"audit.events": Future()})

    assert error.value.args[0].code() == KafkaError._TIMED_OUT
