"""`manage.py doctor`: what is wrong here, and what mends it."""

import json
import shutil
import socket
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from kernel.database import counting
from kernel.database.replicas import replicas
from kernel.events import here, wake
from kernel.identity.models import Tenant
from kernel.observability import health
from kernel.secrets.ring import ring
from kernel.secrets.rotation import columns, usage
from kernel.storage.port import StorageUnavailableError
from kernel.tenancy.aliases import SYSTEM_DB_ALIAS
from kernel.tenancy.policies import guarded_models, unguarded
from project.graph import subgraph
from project.live import probed
from project.management.commands.schema import is_current

LEAST_FREE_BYTES = 500_000_000
LONGEST_NOTIFICATION_SECONDS = 2.0
#: How long anybody waits for a probe.
MOST_PATIENCE = 300.0


class RepairNeededError(Exception):
    """A part that does not work, told with its repair."""


class Command(BaseCommand):
    """Check each part; exit code 1 when one needs repair."""

    help = (
        "Check database, migrations, folders, port, schema, events and more, and print the repair."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object a line")
        parser.add_argument(
            "--live",
            action="store_true",
            help="probe an installation that runs: each dependency, an event, a job",
        )
        parser.add_argument(
            "--patience",
            type=float,
            default=15.0,
            help="seconds that a live probe waits for others (15)",
        )

    def handle(self, **options: Any) -> None:
        if options["live"]:
            self._probe(options["patience"], as_json=options["json"])
            return
        sound = True
        for name, check in CHECKS.items():
            try:
                ok, told = True, check()
            except RepairNeededError as error:
                ok, told = False, str(error)
            sound &= ok
            if options["json"]:
                self.stdout.write(json.dumps({"check": name, "ok": ok, "detail": told}))
            else:
                mark = self.style.SUCCESS("ok    ") if ok else self.style.ERROR("repair")
                self.stdout.write(f"{mark} {name:<11} {told}")
        if not sound:
            raise SystemExit(1)

    def _probe(self, patience: float, *, as_json: bool) -> None:
        if not 0 < patience <= MOST_PATIENCE:
            raise CommandError(
                f"--patience takes up to {MOST_PATIENCE:g} s, found {patience:g}", returncode=2
            )
        sound = True
        for one in probed(patience):
            sound &= one.ok
            if as_json:
                self.stdout.write(json.dumps(asdict(one)))
            else:
                mark = self.style.SUCCESS("ok    ") if one.ok else self.style.ERROR("repair")
                took = f" ({one.milliseconds:,.0f} ms)" if one.milliseconds else ""
                self.stdout.write(f"{mark} {one.name:<24} {one.detail}{took}")
        if not sound:
            raise SystemExit(1)


def _services() -> str:
    return ", ".join(settings.SERVICES)


def _database() -> str:
    # A pool would only say that its time ran out, and not why.
    alone = connection.copy()
    alone.settings_dict["OPTIONS"].pop("pool", None)
    try:
        alone.ensure_connection()
        alone.close()
        health.check_database()
    except DatabaseError as error:
        where = connection.settings_dict["HOST"] or connection.settings_dict["NAME"]
        raise RepairNeededError(
            f"{connection.display_name} at {where} does not answer"
            f" ({str(error).splitlines()[0]}); start it, or set DATABASE_URL"
        ) from None
    return f"{connection.display_name} answers"


def _connections() -> str:
    if connection.vendor != "postgresql":
        return "one file, in this process"
    try:
        most, ours = counting.room(), counting.wanted()
        if settings.DATABASE_PREPARES and not counting.keeps_prepared():
            raise RepairNeededError(
                "prepared statements are lost between transactions: DATABASE_URL leads to a pooler;"
                " set DATABASE_POOLER=pgbouncer, and leave DATABASE_PREPARES off before 1.21"
            )
    except DatabaseError:
        raise RepairNeededError("not readable; mend the database first") from None
    if ours > most and settings.DATABASE_POOLER == "server":
        raise RepairNeededError(
            f"one process may open {ours}, PostgreSQL takes {most}; lower the threads, share them"
            " by DATABASE_POOL_SIZE, or raise max_connections"
        )
    return f"one process opens up to {ours} of {most}: {most // ours} such processes at most"


def _replicas() -> str:
    if not settings.DATABASE_REPLICAS:
        return "none: all is read at the primary"
    away = [one.alias for one in replicas() if not one.fits(0)]
    if away:
        raise RepairNeededError(
            f"{', '.join(away)} of DATABASE_REPLICA_URLS: away, no replica, or further behind than"
            " DATABASE_REPLICA_LAG; the primary is read instead; see docs/database.md"
        )
    return f"{len(settings.DATABASE_REPLICAS)} answer"


def _migrations() -> str:
    try:
        return health.check_migrations()
    except (RuntimeError, DatabaseError) as error:
        raise RepairNeededError(str(error).splitlines()[0]) from None


def _tenancy() -> str:
    if connection.vendor != "postgresql":
        return "kept apart by the managers; PostgreSQL would say it a second time"
    if SYSTEM_DB_ALIAS not in settings.DATABASES:
        return (
            "kept apart by the managers alone: DATABASE_URL owns the tables;"
            " set DATABASE_SYSTEM_URL for policies"
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolbypassrls OR EXISTS ("
            " SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relkind = 'r')"
            " FROM pg_roles WHERE rolname = current_user"
        )
        if cursor.fetchone() != (False,):
            raise RepairNeededError(
                "the role of DATABASE_URL owns tables or bypasses policies; name another one"
            )
    if bare := unguarded(guarded_models(), connection.alias):
        raise RepairNeededError(f"no policy on {', '.join(bare)}: run `manage.py migrate`")
    return "PostgreSQL shows DATABASE_URL's role one tenant's rows only"


def _broker() -> str:
    if not settings.CELERY_BROKER_URL:
        return "none: jobs run in threads; set CELERY_BROKER_URL for Celery workers"
    from kernel.celery import broker  # noqa: PLC0415  costs a third of a second

    try:
        broker.check()
    except Exception as error:  # noqa: BLE001  Redis, kombu, sockets: each has its own
        raise RepairNeededError(
            f"the broker of CELERY_BROKER_URL does not answer ({type(error).__name__});"
            " start it, or jobs wait; see docs/runbooks/celery.md"
        ) from None
    return "answers: jobs run in Celery workers"


def _folder() -> str:
    probe = settings.DATA_DIR / ".doctor"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise RepairNeededError(
            f"{settings.DATA_DIR} cannot be written ({error.strerror}); set DATA_DIR"
        ) from None
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < LEAST_FREE_BYTES:
        raise RepairNeededError(f"{settings.DATA_DIR} has {free // 10**6} MB left; make room")
    return f"{settings.DATA_DIR}, {free // 10**9} GB free"


def _port() -> str:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.HOST, settings.PORT))
        except OSError as error:
            raise RepairNeededError(
                f"{settings.HOST}:{settings.PORT} is not free ({error.strerror});"
                " stop what listens there, or set PORT"
            ) from None
    return f"{settings.HOST}:{settings.PORT} is free"


def _schema() -> str:
    stale = [service for service in settings.SERVICES if not is_current(service)]
    if stale:
        raise RepairNeededError(f"{', '.join(stale)}: run `manage.py schema`")
    entities = sum(len(subgraph(service).entities) for service in settings.SERVICES)
    return f"{entities} entities, as checked in"


def _tenants() -> str:
    try:
        count = Tenant.objects.count()
    except DatabaseError:
        raise RepairNeededError("not readable; mend the database first") from None
    if not count:
        raise RepairNeededError("none yet: run `manage.py demo`, or make one in the back office")
    return f"{count} of them"


def _secrets() -> str:
    try:
        needed = usage(columns())
        known = ring()
    except DatabaseError:
        raise RepairNeededError("not readable; mend the database first") from None
    except (ImproperlyConfigured, OSError) as error:
        raise RepairNeededError(f"no key ring: {error}") from None
    lost = sorted(set(needed) - set(known.keys))
    if lost:
        raise RepairNeededError(
            f"{sum(needed[key] for key in lost)} need keys that are not in the key ring:"
            f" {', '.join(lost)}; see docs/runbooks/encryption-keys.md"
        )
    return (
        f"{needed.total()} encrypted, keys {', '.join(sorted(known.keys))}, active {known.active}"
    )


def _events() -> str:
    try:
        told = wake.is_told(LONGEST_NOTIFICATION_SECONDS)
    except DatabaseError:
        raise RepairNeededError("not readable; mend the database first") from None
    if not told:
        raise RepairNeededError(
            "PostgreSQL's notifications do not arrive: DATABASE_URL leads to a pooler that lends"
            " connections for one transaction; set DATABASE_POOLER and DATABASE_DIRECT_URL"
        )
    return _kafka() if settings.KAFKA_BOOTSTRAP_SERVERS else here.check()


def _kafka() -> str:
    # Costs a process 50 ms at its start, so only where it is used.
    from confluent_kafka import KafkaException  # noqa: PLC0415

    from kernel.events.kafka import brokers, topics  # noqa: PLC0415

    try:
        missing = sorted(set(topics.declared()) - set(topics.found(topics.declared())))
        warning = brokers.late_takeover()
    except KafkaException as error:
        raise RepairNeededError(
            f"Kafka at {', '.join(settings.KAFKA_BOOTSTRAP_SERVERS)} does not answer"
            f" ({error.args[0].str()}); start it, or see the KAFKA_ settings"
        ) from None
    told = [here.check()]
    if missing:
        told.append(f"made when needed, or by `manage.py topics`: {', '.join(missing)}")
    if warning:
        told.append(warning)
    return "; ".join(told)


def _files() -> str:
    if "files" not in settings.SERVICES:
        return "not in this process"
    from apps.files.adapters.stores import file_store  # noqa: PLC0415  boto3 takes half a second

    if not settings.FILES_STORAGE:
        return "in the data folder: their rows alone keep what is held or retained"
    try:
        locks = file_store().locks()
    except StorageUnavailableError as error:
        raise RepairNeededError(f"{settings.FILES_STORAGE}: {error}; see FILES_STORAGE") from None
    if locks:
        return f"in {settings.FILES_STORAGE}, which locks what is held or retained"
    return (
        f"in {settings.FILES_STORAGE}, a bucket without Object Lock: their rows alone keep what is"
        " held or retained"
    )


CHECKS: dict[str, Callable[[], str]] = {
    "services": _services,
    "database": _database,
    "connections": _connections,
    "replicas": _replicas,
    "migrations": _migrations,
    "tenancy": _tenancy,
    "broker": _broker,
    "folder": _folder,
    "port": _port,
    "schema": _schema,
    "tenants": _tenants,
    "secrets": _secrets,
    "events": _events,
    "files": _files,
}
