"""`manage.py jobs`: what waits, runs and has failed; retry, cancel, pause and resume."""

import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from kernel.jobs.models import Job, JobState, Queue
from kernel.jobs.operations import cancel_all, pause_queue, resume_queue, retry_all
from kernel.jobs.selectors import MOST_COUNTED, counts_by_queue

VERBS = ("show", "retry", "cancel", "pause", "resume")
FILTERS = ("id", "name", "target", "tenant_id")


class Command(BaseCommand):
    """Show the queues, or do something to jobs."""

    help = (
        "Show how many jobs of each queue are in which state, and how long the oldest waits; "
        "retry failed jobs, cancel others, pause and resume queues."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "verb", nargs="?", choices=VERBS, default="show", help="%(default)s if not said"
        )
        parser.add_argument("--queue", help="only this queue: the app whose jobs they are")
        parser.add_argument("--name", help="only jobs of this name, such as files.scan")
        parser.add_argument("--target", help="only jobs that work on the row of this id")
        parser.add_argument("--tenant", type=UUID, dest="tenant_id", help="only this tenant's jobs")
        parser.add_argument("--id", type=UUID, help="only this job")
        parser.add_argument("--all", action="store_true", help="retry or cancel whatever there is")
        parser.add_argument("--dry-run", action="store_true", help="only count")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *, verb: str, **options: Any) -> None:
        if verb == "show":
            self._show(options)
        elif verb in {"retry", "cancel"}:
            self._change(verb, options)
        else:
            self._rest(verb, options)

    def _show(self, options: dict[str, Any]) -> None:
        counts = [one for one in counts_by_queue() if options["queue"] in {None, one.queue}]
        if options["json"]:
            for count in counts:
                told = {
                    "queue": count.queue,
                    "paused": count.paused,
                    **count.states,
                    "waiting_seconds": count.waiting,
                }
                self.stdout.write(json.dumps(told))
            return
        self.stdout.write(f"{'queue':<16}{''.join(f'{state:>11}' for state in JobState)}  waits")
        for count in counts:
            numbers = "".join(f"{_number(count.states[state]):>11}" for state in JobState)
            rests = ", paused" if count.paused else ""
            self.stdout.write(f"{count.queue:<16}{numbers}  {count.waiting:.0f} s{rests}")

    def _change(self, verb: str, options: dict[str, Any]) -> None:
        jobs = _chosen(options)
        states = [JobState.FAILED] if verb == "retry" else [JobState.QUEUED, JobState.RUNNING]
        found = jobs.filter(state__in=states)
        if options["dry_run"]:
            told = {"verb": verb, "dry_run": True, "jobs": found.count()}
            line = f"{told['jobs']} jobs would be {'queued again' if verb == 'retry' else 'ended'}"
        elif verb == "retry":
            told = {"verb": verb, "dry_run": False, "jobs": retry_all(found)}
            line = f"{told['jobs']} jobs are queued again"
        else:
            done = cancel_all(found)
            told = {
                "verb": verb,
                "dry_run": False,
                "jobs": done.at_once + done.asked,
                "asked": done.asked,
            }
            line = f"{done.at_once} jobs will not run, {done.asked} that run are asked to end"
        self._tell(told, line, options)

    def _rest(self, verb: str, options: dict[str, Any]) -> None:
        queue = options["queue"]
        if not queue or options["all"] or any(options[name] for name in FILTERS):
            raise CommandError(f"{verb} takes a --queue and nothing else", returncode=2)
        known = {count.queue for count in counts_by_queue()}
        if queue not in known:
            raise CommandError(
                f"no queue {queue} here; there are {', '.join(sorted(known))}", returncode=2
            )
        pausing = verb == "pause"
        if options["dry_run"]:
            paused = Queue.objects.filter(pk=queue).exclude(paused_at=None).exists()
            changed = paused != pausing
        else:
            changed = pause_queue(queue) if pausing else resume_queue(queue)
        told = {"verb": verb, "dry_run": options["dry_run"], "queue": queue, "changed": changed}
        state = "paused" if pausing else "resumed"
        would = "would be" if options["dry_run"] else "is"
        line = f"{queue} {would} {state}" if changed else f"{queue} is {state} already"
        self._tell(told, line, options)

    def _tell(self, told: dict[str, Any], line: str, options: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(told) if options["json"] else line)


def _chosen(options: dict[str, Any]) -> QuerySet[Job]:
    wanted = {name: options[name] for name in (*FILTERS, "queue") if options[name]}
    if bool(wanted) == options["all"]:
        raise CommandError(
            "say which jobs by --id, --queue, --name, --target or --tenant, or take --all",
            returncode=2,
        )
    return Job.objects.filter(**wanted)


def _number(count: int) -> str:
    return f"{count}+" if count == MOST_COUNTED else str(count)
