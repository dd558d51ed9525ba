"""What writers wrote, and what came of it: rows in the same database, of the same transactions."""

from typing import Any

from django.db import connection

#: A thing and its step.
Fact = tuple[str, int]

_TABLES = """
    CREATE {kind} TABLE faults_fact (thing varchar(20), step integer, PRIMARY KEY (thing, step));
    CREATE {kind} TABLE faults_wish (target varchar(50) PRIMARY KEY);
    CREATE {kind} TABLE faults_effect (number bigint, who varchar(50), what varchar(50));
    CREATE INDEX faults_effects ON faults_effect (who, what);
    CREATE {kind} TABLE faults_done (target varchar(50) PRIMARY KEY)
"""


def make_tables(kind: str = "TEMPORARY") -> None:
    """Make the tables of a test."""
    for statement in _TABLES.format(kind=kind).split(";"):
        ask(statement)


def write_fact(thing: str) -> Fact:
    """Write down the next step of a thing, which the caller's transaction will tell."""
    ((last,),) = ask("SELECT coalesce(max(step), 0) FROM faults_fact WHERE thing = %s", thing)
    fact = (thing, last + 1)
    ask("INSERT INTO faults_fact VALUES (%s, %s)", *fact)
    return fact


def write_wish(target: str) -> None:
    """Write down that the caller's transaction asks for a job."""
    ask("INSERT INTO faults_wish VALUES (%s)", target)


def take_effect(number: int, who: str, what: str) -> None:
    """Take effect, as often as it is called."""
    ask("INSERT INTO faults_effect VALUES (%s, %s, %s)", number, who, what)


def facts() -> list[Fact]:
    """Return what is true."""
    return [(thing, step) for thing, step in ask("SELECT thing, step FROM faults_fact")]


def wishes() -> list[str]:
    """Return the targets of jobs that somebody asked for."""
    return [target for (target,) in ask("SELECT target FROM faults_wish ORDER BY target")]


def effects(who: str) -> list[str]:
    """Return what somebody has done, in order."""
    rows = ask("SELECT what FROM faults_effect WHERE who = %s ORDER BY number", who)
    return [what for (what,) in rows]


def ask(sql: str, *parameters: str | int) -> list[tuple[Any, ...]]:
    """Run one statement, and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall()) if cursor.description else []
