"""Ways to the database that do not go together, told before a process starts."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004  Django's

_HINT = "see docs/database.md, Ways to PostgreSQL"
_WHO_AND_WHERE = ("HOST", "PORT", "USER", "NAME")


@register
def ways_to_the_database_go_together(**_options: Any) -> list[CheckMessage]:
    """Tell of each combination that fails sooner or later, most of them under load."""
    if settings.EMBEDDED:
        return list(_of_sqlite())
    if settings.DATABASE_POOLER == "server":
        return [*_of_pools(), *_of_limits(), *_without_a_pooler()]
    return [*_of_pools(), *_of_limits(), *_behind_a_pooler()]


@register
def backups_have_a_place_and_a_key(**_options: Any) -> list[CheckMessage]:
    """Tell of backups that nobody will find when they are needed."""
    wanted = settings.BACKUP_EVERY or settings.BACKUP_DRILL_EVERY
    if not wanted or (settings.BACKUP_TO and settings.BACKUP_KEY):
        return []
    return [
        Error(
            "BACKUP_EVERY or BACKUP_DRILL_EVERY is set, and BACKUP_TO or BACKUP_KEY is not",
            hint="see docs/runbooks/backup.md, Set up",
            id="septet.E028",
        )
    ]


def _of_sqlite() -> Iterator[CheckMessage]:
    given = [alias for alias in settings.DATABASES if alias != "default"]
    if settings.DATABASE_POOL_SIZE or settings.DATABASE_POOLER != "server" or given:
        yield _error(
            "E020",
            "DATABASE_URL names SQLite, which has no pool, no pooler and no second connection",
            "unset DATABASE_POOL_SIZE, DATABASE_POOLER and the other DATABASE_..._URL",
        )


def _of_pools() -> Iterator[CheckMessage]:
    for alias, database in settings.DATABASES.items():
        pool = database["OPTIONS"].get("pool")
        if pool and database["CONN_MAX_AGE"] != 0:
            yield _error(
                "E021",
                f"the database {alias} has a pool, and connections that threads keep",
                "CONN_MAX_AGE is 0 where there is a pool: set DATABASE_POOL_SIZE, not `?pool=`",
            )
        if pool and database.get("DISABLE_SERVER_SIDE_CURSORS"):
            yield _error(
                "E022",
                f"the database {alias} has a pool of ours before that of PgBouncer",
                "unset DATABASE_POOL_SIZE: one pool is enough, and two wait for each other",
            )
    size = settings.DATABASE_POOL_SIZE
    if size and size < settings.WEB_THREADS:
        yield Warning(
            f"{settings.WEB_THREADS} threads answer requests with {size} connections: who gets"
            " none in time answers 503",
            hint="raise DATABASE_POOL_SIZE to WEB_THREADS, unless they mostly wait elsewhere",
            id="septet.W020",
        )


def _of_limits() -> Iterator[CheckMessage]:
    statement, lock = settings.DATABASE_STATEMENT_TIMEOUT, settings.DATABASE_LOCK_TIMEOUT
    if statement and (not lock or lock >= statement):
        yield Warning(
            "a statement is stopped before its wait for a lock is over, so nobody learns that it"
            " waited",
            hint="set DATABASE_LOCK_TIMEOUT below DATABASE_STATEMENT_TIMEOUT",
            id="septet.W021",
        )


def _without_a_pooler() -> Iterator[CheckMessage]:
    if "direct" in settings.DATABASES:
        yield _error(
            "E023",
            "DATABASE_DIRECT_URL is set, and DATABASE_URL is said to name the server itself",
            "set DATABASE_POOLER=pgbouncer, or unset DATABASE_DIRECT_URL",
        )


def _behind_a_pooler() -> Iterator[CheckMessage]:
    default, direct = settings.DATABASES["default"], settings.DATABASES.get("direct")
    if not default.get("DISABLE_SERVER_SIDE_CURSORS"):
        yield _error(
            "E024",
            "cursors of the server are on behind a pooler, where they outlive their connection",
            "leave DISABLE_SERVER_SIDE_CURSORS to the settings",
        )
    if direct is None:
        yield _error(
            "E025",
            "locks and notifications of a session are lost behind a pooler",
            "name the server itself in DATABASE_DIRECT_URL",
        )
    else:
        yield from _of_direct(default, direct)
    if settings.DATABASE_PREPARES:
        yield Warning(
            "prepared statements behind a pooler need PgBouncer 1.21 or newer",
            hint="set its max_prepared_statements, or unset DATABASE_PREPARES;"
            " `manage.py doctor` tries it",
            id="septet.W022",
        )


def _of_direct(default: dict[str, Any], direct: dict[str, Any]) -> Iterator[CheckMessage]:
    at, directly = ([one[name] for name in _WHO_AND_WHERE] for one in (default, direct))
    if at == directly:
        yield _error(
            "E026",
            "DATABASE_DIRECT_URL leads to the pooler, where notifications never arrive",
            "name the server itself",
        )
    elif at[2:] != directly[2:]:
        yield _error(
            "E027",
            "DATABASE_DIRECT_URL names another role or database than DATABASE_URL",
            "name the same ones: both see the same rows",
        )


def _error(number: str, message: str, hint: str) -> Error:
    return Error(message, hint=f"{hint}; {_HINT}", id=f"septet.{number}")
