"""`manage.py events`: what waits, who lags behind, what could not be handled; and replaying it."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive

from kernel import clock
from kernel.errors import DomainError
from kernel.events.here import transport
from kernel.events.models import Redelivery, RedeliveryState
from kernel.events.replay import count_range, replay_dead, replay_range
from kernel.events.selectors import GroupState, group_states, outbox_count


class Command(BaseCommand):
    """Show the groups, or replay events to one of them."""

    help = "Show outbox, consumer groups and dead letters, or replay events to one group."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        show = verbs.add_parser("show", help="outbox, groups with their lag, dead letters")
        show.add_argument("--json", action="store_true", help="one JSON object a line")
        replay = verbs.add_parser("replay", help="give events to a group once more")
        replay.add_argument("--group", required=True, help="the group, as `show` names it")
        what = replay.add_mutually_exclusive_group(required=True)
        what.add_argument("--dead", action="store_true", help="the group's dead letters")
        what.add_argument(
            "--since", type=time_with_zone, help="events from this time on (ISO 8601)"
        )
        replay.add_argument(
            "--until", type=time_with_zone, help="events before this time; default: now"
        )
        replay.add_argument(
            "--again", action="store_true", help="also events that the group has handled"
        )
        replay.add_argument("--per-second", type=int, metavar="N", help="at most so many a second")
        replay.add_argument("--dry-run", action="store_true", help="only count them")
        replay.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *, verb: str, **options: Any) -> None:
        if verb == "show":
            self._show(as_json=options["json"])
            return
        try:
            count = _replay(**options)
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None
        if options["json"]:
            told = {"group": options["group"], "events": count, "dry_run": options["dry_run"]}
            self.stdout.write(json.dumps(told))
        else:
            done = "would be given" if options["dry_run"] else "are given"
            self.stdout.write(f"{count} events {done} to {options['group']}")

    def _show(self, *, as_json: bool) -> None:
        outbox, states = outbox_count(), group_states(transport())
        if as_json:
            self.stdout.write(
                json.dumps({"outbox": {name: getattr(outbox, name) for name in outbox.__slots__}})
            )
            for state in states:
                self.stdout.write(
                    json.dumps({name: getattr(state, name) for name in GroupState.__slots__})
                )
            return
        self.stdout.write(
            f"events travel {transport().name}; outbox: {outbox.waiting} wait"
            f" ({outbox.waiting_seconds:.0f} s), {outbox.local} are kept for other services"
        )
        self.stdout.write(f"{'group':<28}{'lag':>8}{'oldest':>10}{'again':>8}{'dead':>8}")
        for state in states:
            self.stdout.write(
                f"{state.group:<28}{state.lag_events:>8}{state.lag_seconds:>8.0f} s"
                f"{state.waiting_again:>8}{state.dead:>8}"
            )


def _replay(
    *,
    group: str,
    dead: bool,
    since: datetime | None,
    until: datetime | None,
    again: bool,
    per_second: int | None,
    dry_run: bool,
    **_options: Any,
) -> int:
    if dead or since is None:
        letters = Redelivery.objects.filter(group=group, state=RedeliveryState.DEAD)
        return letters.count() if dry_run else replay_dead(letters)
    ends = until or clock.now()
    if dry_run:
        return count_range(transport(), group, since=since, until=ends, again=again)
    return replay_range(
        transport(), group, since=since, until=ends, again=again, per_second=per_second
    )


def time_with_zone(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None or is_naive(moment):
        raise ValueError(f"a time with its zone, such as 2026-05-01T12:00:00Z, found {text}")
    return moment
