"""`manage.py topics`: the topics of events on the brokers, as they are and as they should be."""

import json
from argparse import ArgumentParser
from typing import Any

from confluent_kafka import KafkaException
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kernel.events.kafka import brokers, topics
from kernel.events.kafka.topics import Topic


class Command(BaseCommand):
    """Make the topics that are missing, and tell of those that are not as they should be."""

    help = "Make missing topics of events on Kafka, and show all; nothing is ever made smaller."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; exit code 1 if any is not right"
        )
        parser.add_argument(
            "--grow",
            action="store_true",
            help="add missing partitions: for as long as old events are being read, those of one"
            " key are not in order",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *, check: bool, grow: bool, json: bool, **_options: Any) -> None:
        if check and grow:
            raise CommandError("--check changes nothing, and --grow does", returncode=2)
        if not settings.KAFKA_BOOTSTRAP_SERVERS:
            raise CommandError(
                "no brokers: set KAFKA_BOOTSTRAP_SERVERS, or let events travel without",
                returncode=2,
            )
        try:
            made = [] if check else _mended(grow=grow)
            found = topics.found(topics.declared())
            warning = brokers.late_takeover()
        except KafkaException as error:
            raise CommandError(
                f"{', '.join(settings.KAFKA_BOOTSTRAP_SERVERS)}: {error.args[0].str()};"
                " see the KAFKA_ settings, and whether we may do that"
            ) from None
        sound = True
        for name in topics.declared():
            topic = found.get(name)
            drift = list(topic.drift()) if topic else []
            # What was made just now may not be known to every broker yet.
            sound &= not drift and (topic is not None or name in made)
            state = "made" if name in made else "drift" if drift else "ok" if topic else "missing"
            if json:
                self._print_json(name, topic, state, drift)
            else:
                self._print(name, topic, state, drift)
        if warning:
            self.stderr.write(self.style.WARNING(warning))
        if check and not sound:
            raise SystemExit(1)

    def _print(self, name: str, topic: Topic | None, state: str, drift: list[str]) -> None:
        style = self.style.SUCCESS if state in {"ok", "made"} else self.style.WARNING
        self.stdout.write(f"{style(f'{state:<8}')}{name:<36}{_shape(topic)}".rstrip())
        for sentence in drift:
            self.stdout.write(f"        {sentence}")

    def _print_json(self, name: str, topic: Topic | None, state: str, drift: list[str]) -> None:
        told: dict[str, Any] = {"topic": name, "state": state, "drift": drift}
        if topic is not None:
            told |= {
                "partitions": topic.partitions,
                "replication": topic.replication,
                "retention_ms": topic.retention_ms,
            }
        self.stdout.write(json.dumps(told))


def _shape(topic: Topic | None) -> str:
    if topic is None:
        return ""
    kept = topics.span(topic.retention_ms)
    return f"{topic.partitions} partitions, {topic.replication} copies, kept {kept}"


def _mended(*, grow: bool) -> list[str]:
    made = topics.make_missing(topics.declared())
    found = topics.found(topics.declared()).values()
    if short := [topic.name for topic in found if topic.forgets_too_early()]:
        topics.keep_longer(short)
    few = [topic.name for topic in found if topic.partitions < settings.KAFKA_PARTITIONS]
    if grow and few:
        topics.add_partitions(few)
    return made
