"""Backups of this installation: taken, proved, and what is told of them."""

import time
from datetime import datetime, timedelta

import psycopg
from django.conf import settings

from kernel import clock
from kernel.backup.errors import BackupError, DamagedError
from kernel.backup.metrics import PROBLEMS, PROVED, TAKEN
from kernel.backup.sets import Backups, BackupSet, Drill, Told, a_key, made_at, nobody_told
from kernel.backup.stores import store_at
from kernel.jobs.registry import periodic
from kernel.storage import Storage, storage, storage_at
from project.backed_up import audit_problems, key_files

#: A large database takes its time; a worker that was lost is noticed by its lease.
MOST_TIME = timedelta(hours=12)
LOOKED_EVERY = timedelta(minutes=5)


def backups_here() -> Backups:
    """Return those that the settings name; raises BackupError when they name none."""
    return Backups(store_at(settings.BACKUP_TO), a_key(settings.BACKUP_KEY))


def store_of(service: str) -> Storage:
    """Return where the bytes of a service are that belong into a backup."""
    if service == "files" and settings.FILES_STORAGE and settings.BACKUP_BUCKET:
        return storage_at(settings.FILES_STORAGE)
    return storage()


def take(backups: Backups, told: Told) -> tuple[BackupSet, list[str]]:
    """Take one, and forget the oldest beyond BACKUPS_KEPT; return it and which are forgotten."""
    made = backups.make(list(settings.SERVICES), store_of, key_files, told)
    return made, backups.keep_only(settings.BACKUPS_KEPT)


def prove(backups: Backups, id_: str, told: Told) -> tuple[BackupSet, list[str]]:
    """Restore one elsewhere, compare and keep what came of it; the newest without an id.

    Raises BackupError or what the database raises, and has noted that as well.
    """
    id_ = id_ or next(iter(backups.ids()), "")
    began = time.monotonic()

    def note(problems: list[str]) -> None:
        seconds = round(time.monotonic() - began, 1)
        at = clock.now().isoformat()
        backups.note(id_, Drill(at=at, seconds=seconds, problems=problems))

    try:
        found = backups.get(id_)
    except DamagedError as error:
        note([str(error)])
        raise
    try:
        backups.check(found, told, note=True)
        problems = backups.prove(found, told, audit_problems)
    except (BackupError, psycopg.Error) as error:
        note([str(error)])
        raise
    note(problems)
    return found, problems


def look(backups: Backups) -> None:
    """Tell metrics how backups stand."""
    ids = backups.ids()
    drills = sorted(backups.drills().values(), key=lambda one: one.at)
    good = [one for one in drills if not one.problems]
    # A second after 1970 is an age that alerts notice.
    TAKEN.set(made_at(ids[0]).timestamp() if ids else 1)
    PROVED.set(datetime.fromisoformat(good[-1].at).timestamp() if good else 0)
    PROBLEMS.set(len(drills[-1].problems) if drills else 0)


def keep_up() -> None:
    """Let the jobs of this process do what the settings say; called once, at the start."""
    if not (settings.BACKUP_TO and settings.BACKUP_KEY):
        return
    periodic("kernel.look_at_backups", every=LOOKED_EVERY)(_look)
    if settings.BACKUP_EVERY:
        periodic("kernel.back_up", every=settings.BACKUP_EVERY, timeout=MOST_TIME)(_take)
    if settings.BACKUP_DRILL_EVERY:
        every = settings.BACKUP_DRILL_EVERY
        periodic("kernel.prove_backup", every=every, timeout=MOST_TIME)(_prove)


def _take(_target: str) -> None:
    """Take a backup."""
    backups = backups_here()
    take(backups, nobody_told)
    look(backups)


def _prove(_target: str) -> None:
    """Restore the newest backup elsewhere and compare; fails when anything differs."""
    backups = backups_here()
    try:
        found, problems = prove(backups, "", nobody_told)
    finally:
        look(backups)
    if problems:
        raise BackupError(f"{found.id}: {problems[0]}")


def _look(_target: str) -> None:
    """Tell metrics how old the newest backup is, and what came of the last drill."""
    look(backups_here())
