"""`manage.py events`: groups and dead letters seen, replayed, paused and put elsewhere."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive

from kernel import clock
from kernel.errors import DomainError
from kernel.events.control import pause, reset, resume
from kernel.events.groups import known_group
from kernel.events.here import transport
from kernel.events.models import Replay
from kernel.events.replay import ask, cancel, count, perform
from kernel.events.selectors import GroupState, dead_by_reason, group_states, outbox_count
from kernel.events.transport import Move, Start


class Command(BaseCommand):
    """Show the groups, or do something to one of them."""

    help = "Show outbox, consumer groups and dead letters; replay, pause, resume or reset a group."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        show = verbs.add_parser("show", help="outbox, groups with their lag, dead letters")
        groups = verbs.add_parser("groups", help="groups with their lag, and which are paused")
        dead = verbs.add_parser("dead", help="dead letters by group, reason and type")
        for verb in (show, groups, dead):
            verb.add_argument("--json", action="store_true", help="one JSON object a line")
        _replay_arguments(verbs.add_parser("replay", help="give events to a group once more"))
        for name, told in (
            ("pause", "let a group handle nothing until it is resumed"),
            ("resume", "let a paused group go on"),
            ("reset", "let a paused group read on from another place"),
        ):
            verb = verbs.add_parser(name, help=told)
            verb.add_argument("--group", required=True, help="the group, as `groups` names it")
            verb.add_argument("--json", action="store_true", help="one JSON object")
        verb.add_argument(
            "--to",
            type=place,
            required=True,
            metavar="PLACE",
            help="beginning, end, or a time with its zone (ISO 8601)",
        )
        verb.add_argument("--dry-run", action="store_true", help="only say what would come of it")

    def handle(self, *, verb: str, json: bool, **options: Any) -> None:
        self._as_json = json
        try:
            getattr(self, f"_{verb}")(**options)
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None

    def _show(self, **options: Any) -> None:
        outbox = outbox_count()
        if self._as_json:
            self._say({"outbox": asdict(outbox)}, "")
        else:
            self.stdout.write(
                f"events travel {transport().name}; outbox: {outbox.waiting} wait"
                f" ({outbox.waiting_seconds:.0f} s), {outbox.local} are kept for other services"
            )
        self._groups(**options)

    def _groups(self, **_options: Any) -> None:
        head = f"{'group':<28}{'lag':>8}{'oldest':>10}{'again':>8}{'dead':>8}  state"
        states = group_states(transport())
        self._table(head, [(asdict(one), _line(one)) for one in states])

    def _dead(self, **_options: Any) -> None:
        self._table(
            f"{'group':<28}{'reason':<24}{'type':<40}{'dead':>8}",
            [
                (
                    asdict(one),
                    f"{one.group:<28}{one.error_code or '-':<24}{one.type:<40}{one.count:>8}",
                )
                for one in dead_by_reason()
            ],
        )

    def _pause(self, *, group: str, **_options: Any) -> None:
        changed = pause(group)
        told = f"{group} is paused" if changed else f"{group} is paused already"
        self._say({"group": group, "paused": True, "changed": changed}, told)

    def _resume(self, *, group: str, **_options: Any) -> None:
        changed = resume(group)
        told = f"{group} goes on" if changed else f"{group} is not paused"
        self._say({"group": group, "paused": False, "changed": changed}, told)

    def _reset(self, *, group: str, to: Start, dry_run: bool, **_options: Any) -> None:
        if dry_run:
            move = transport().distance(known_group(group), to)
        else:
            move = reset(transport(), group, to)
        told = f"{group} {'would read' if dry_run else 'reads'} on from {to}: {_told(move)}"
        if not dry_run:
            told += f"\nit is still paused: manage.py events resume --group {group}"
        self._say({"group": group, "dry_run": dry_run, "to": to} | asdict(move), told)

    def _replay(self, *, dry_run: bool, **options: Any) -> None:
        replay = _replay(**options)
        if dry_run:
            given = count(transport(), replay)
        else:
            given = self._perform(ask(replay, total=count(transport(), replay)))
        told = f"{given} events {'would be' if dry_run else 'are'} given to {replay.group}"
        self._say({"group": replay.group, "events": given, "dry_run": dry_run}, told)

    def _perform(self, replay: Replay) -> int:
        def told(given: int) -> None:
            if self.stderr.isatty():
                self.stderr.write(f"\r{given} of {replay.total}", ending="")

        try:
            return perform(transport(), replay, told)
        except KeyboardInterrupt:
            taken_back = cancel(replay)
            raise CommandError(f"cancelled; {taken_back} events are taken back") from None

    def _table(self, head: str, rows: list[tuple[dict[str, Any], str]]) -> None:
        if not self._as_json:
            self.stdout.write(head)
        for values, line in rows:
            self._say(values, line)

    def _say(self, values: dict[str, Any], line: str) -> None:
        text = json.dumps(values, cls=DjangoJSONEncoder) if self._as_json else line.rstrip()
        self.stdout.write(text)


def _line(one: GroupState) -> str:
    behind = "?" if one.lag_events is None else one.lag_events
    return (
        f"{one.group:<28}{behind:>8}{one.lag_seconds:>8.0f} s"
        f"{one.waiting_again:>8}{one.dead:>8}  {'paused' if one.paused else ''}"
    )


def _replay_arguments(verb: ArgumentParser) -> None:
    verb.add_argument("--group", required=True, help="the group, as `groups` names it")
    what = verb.add_mutually_exclusive_group(required=True)
    what.add_argument("--dead", action="store_true", help="the group's dead letters")
    what.add_argument("--since", type=time_with_zone, help="events from this time on (ISO 8601)")
    what.add_argument("--from-offset", type=int, metavar="N", help="events from this offset on")
    verb.add_argument("--until", type=time_with_zone, help="events before this time; default: now")
    verb.add_argument("--to-offset", type=int, metavar="N", help="the last offset; default: all")
    verb.add_argument("--topic", default="", help="the topic of the offsets, such as files.file")
    verb.add_argument("--partition", type=int, default=0, help="its partition; default: 0")
    verb.add_argument("--type", default="", help="only events of this type")
    verb.add_argument("--reason", default="", help="only dead letters with this code")
    verb.add_argument("--again", action="store_true", help="also events that the group has handled")
    verb.add_argument("--per-second", type=int, metavar="N", help="at most so many a second")
    verb.add_argument("--dry-run", action="store_true", help="only count them")
    verb.add_argument("--json", action="store_true", help="one JSON object")


def _replay(**given: Any) -> Replay:
    by_time = given["since"] is not None
    return Replay(
        group=given["group"],
        dead=given["dead"],
        type=given["type"],
        error_code=given["reason"],
        since=given["since"],
        until=(given["until"] or clock.now()) if by_time else given["until"],
        first_offset=given["from_offset"],
        last_offset=given["to_offset"],
        topic=given["topic"],
        partition=given["partition"],
        again=given["again"],
        per_second=given["per_second"],
    )


def _told(move: Move) -> str:
    if move.left_out:
        return f"{move.left_out} events are left out"
    return f"{move.again} events are brought once more, and those that it has handled left alone"


def time_with_zone(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None or is_naive(moment):
        raise ValueError(f"a time with its zone, such as 2026-05-01T12:00:00Z, found {text}")
    return moment


def place(text: str) -> Start:
    match text:
        case "beginning" | "end":
            return text
    return time_with_zone(text)
