"""`manage.py cache_reference`: the page of all caches, made of their declarations."""

from datetime import timedelta
from typing import Any

from kernel.cache.hub import UNTOLD_SECONDS
from kernel.cache.namespaces import REGISTRY, Namespace
from project.reference import ReferenceCommand, table

INTRODUCTION = f"""\
What processes keep in memory, and in Redis where that is said (`kernel.cache`; why it is so:
[ADR 38](../adr/0038-caches-that-agree.md)). Who has changed something never reads what was before,
not even within the transaction. The others know of it

- with `REDIS_URL`: milliseconds after the commit. Each process hears of changes by connections of
  its own (`CLIENT TRACKING`), and forgets everything when it loses one; a connection that leads
  nowhere any more is found out within 1.5 s;
- without, on PostgreSQL: milliseconds after the commit, by NOTIFY;
- without, on SQLite, and in commands that do not listen: within {UNTOLD_SECONDS:.0f} s, which is
  how old a value may be there.

If a process is killed between its commit and telling of it, the others know by the time a value
expires: that is the column "at most". Metrics are `septet_cache_…`; the screen is Caches in
the back office. This page is made by `manage.py cache_reference`.
"""
HEAD = ("namespace", "holds", "where", "at most", "is forgotten when", "in memory")


class Command(ReferenceCommand):
    """Write the page, or with --check tell that it is out of date."""

    help = "Write docs/reference/cache.md from what is declared; --check only compares."
    name = "cache"

    def text(self) -> str:
        rows = [_row(one) for _, one in sorted(REGISTRY.items())]
        return f"# Caches\n\n{INTRODUCTION}\n{table(HEAD, rows)}"


def _row(one: Namespace[Any]) -> tuple[str, ...]:
    return (
        f"`{one.name}`",
        f"{one.holds}{', of a tenant' if one.of_tenant else ''}",
        "memory and Redis" if one.codec else "memory",
        _said(one.ttl.value + one.stale),
        one.forgotten_by,
        f"{one.memory.most_entries:,} entries, {one.memory.most_bytes:,} bytes",
    )


def _said(time: timedelta) -> str:
    seconds = time.total_seconds()
    return f"{seconds / 60:.0f} min" if seconds > 120 else f"{seconds:.0f} s"
