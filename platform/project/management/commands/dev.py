"""`manage.py dev`: everything in one process, or in one for each service, ready to try."""

import fcntl
import os
import signal
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event
from typing import Any, NoReturn

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from kernel.events.here import threads_here
from kernel.jobs.worker import Worker
from kernel.running import Runnable
from kernel.services import BY_NAME
from project import infrastructure
from project.management.commands.serve import refuse_a_taken_address, serve_here
from project.splitting import (
    LAST_SECONDS,
    Running,
    edge,
    followed,
    gateway,
    origin_of_edge,
    parts_of_platform,
    ports_from,
)


class Command(BaseCommand):
    """Migrate, make the demo, then serve and work until told to stop."""

    help = (
        "Run the embedded platform: migrations, demo data, web server and worker; with"
        " CELERY_BROKER_URL without the worker."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--split",
            action="store_true",
            help="each of the seven services as a process of its own, with a worker; where Node.js"
            " and docker/gateway/hive are installed, the gateway, and where nginx is, an edge",
        )
        parser.add_argument(
            "--first-port",
            type=int,
            metavar="PORT",
            help="with --split: the ports from here on, instead of each service's own",
        )

        parser.add_argument(
            "--infrastructure",
            action="store_true",
            help="with --split: on PostgreSQL, Redis, Kafka, an S3, ClamAV and a mail server that"
            " are started for it, begin empty and end with it",
        )

    def handle(self, **options: Any) -> None:
        if options["infrastructure"]:
            self._with_servers(options)
        if options["split"]:
            self._split(options["first_port"])
            return
        # Before the work, not after it.
        refuse_a_taken_address()
        self._prepare()
        parts: list[Runnable] = [threads_here()]
        if not settings.CELERY_BROKER_URL:
            parts.append(Worker(settings.WORKER_THREADS))
        for part in parts:
            part.start()
        try:
            serve_here(self._tell)
        finally:
            for part in parts:
                part.stop(settings.STOP_TIMEOUT.total_seconds())
        self.stdout.write("stopped")

    def _with_servers(self, options: Mapping[str, Any]) -> NoReturn:
        if not options["split"]:
            raise CommandError("--infrastructure goes with --split")
        if not infrastructure.STARTER.exists():
            raise CommandError(
                "--infrastructure takes a checkout: tests/devservices has the servers"
            )
        first = options["first_port"]
        arguments = ["dev", "--split", *([f"--first-port={first}"] if first else [])]
        command = infrastructure.command(arguments)
        os.execv(command[0], command)  # noqa: S606  # nosec B606

    def _prepare(self) -> None:
        with _alone():
            call_command("migrate", verbosity=0)
            call_command("demo", empty=not settings.DEMO_DATA, stdout=self.stdout)

    def _split(self, first_port: int | None) -> None:
        if set(settings.SERVICES) != set(BY_NAME):
            raise CommandError("--split runs all seven services: leave SERVICES out")
        self._prepare()
        ports = ports_from(first_port)
        running, told = Running(self._say), Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: told.set())
        try:
            for log in infrastructure.logs():
                running.start(followed(log))
            begun = [running.start(part) for part in parts_of_platform(ports)]
            while not told.is_set() and not all(one.is_set() for one in begun):
                told.wait(0.1)
            if not told.is_set():
                self._begun(running, ports)
            told.wait()
        finally:
            running.stop(settings.STOP_TIMEOUT.total_seconds() + LAST_SECONDS)
        self.stdout.write("stopped")

    def _begun(self, running: Running, ports: Mapping[str, int]) -> None:
        graph = gateway(ports)
        if graph is None:
            self._say("no gateway: it takes Node.js, and `npm ci` in docker/gateway/hive once")
        else:
            running.start(graph)
            self._say(f"all as one graph at http://localhost:{ports['gateway']}/graphql")
        site = edge(ports)
        if site is None:
            self._say("no edge: with nginx installed all are one site")
            self._tell(f"http://localhost:{ports['audit']}, and each service at its port")
        else:
            running.start(site)
            self._tell(origin_of_edge(ports))

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _tell(self, url: str) -> None:
        self.stdout.write(f"\n  Septet is at {url}  (Ctrl-C stops it)\n")
        self.stdout.flush()


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time prepare a data folder."""
    with (settings.DATA_DIR / "prepare.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
