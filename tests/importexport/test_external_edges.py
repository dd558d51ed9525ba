"""Tables outside at their edges: fewer rights, triggers, odd names, two who begin at once."""

import os
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.test import override_settings
from psycopg import errors

from apps.importexport.adapters.externals import catalogue, connecting, receipts
from apps.importexport.adapters.externals.undoing import undo_batch
from apps.importexport.adapters.externals.writing import apply_batch
from apps.importexport.conf import external_databases
from apps.importexport.errors import ExternalRefusedError
from apps.importexport.models import ImportJob, RowError
from apps.importexport.services import externals
from apps.importexport.services.controlling import resume_import, undo_import
from apps.importexport.services.import_upkeep import clear_receipts
from contracts.datasets import Done, Mode
from kernel import clock
from kernel.errors import ConflictError, UnavailableError
from tests.importexport.exporting import contents, exported, with_files
from tests.importexport.importing import import_of, run, somebody
from tests.importexport.outside import SCHEMA, address, tables, told

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("tenant"),
]
Owner = psycopg.Connection[tuple[Any, ...]]
ROLE = f"clerk_{os.getpid()}"


@pytest.fixture
def owner() -> Iterator[Owner]:
    with tables() as made, override_settings(EXTERNAL_DATABASES=told()):
        catalogue._kept.clear()
        yield made


@contextmanager
def clerk(owner: Owner, rights: str) -> Iterator[None]:
    """Connect as somebody who has no more than these rights, and owns nothing but the receipts."""
    owner.execute(
        f"CREATE ROLE {ROLE} LOGIN PASSWORD 'hidden'; GRANT USAGE, CREATE ON SCHEMA {SCHEMA} TO"
        f" {ROLE}; GRANT SELECT, {rights} ON orders TO {ROLE}"
    )
    place = address().partition("@")[2]
    try:
        with override_settings(EXTERNAL_DATABASES=told(url=f"postgresql://{ROLE}:hidden@{place}")):
            yield
    finally:
        owner.execute(f"DROP OWNED BY {ROLE} CASCADE; DROP ROLE {ROLE}")


def brought(source: str, *names: str, **plan: Any) -> ImportJob:
    names = names or ("id", "name")
    return import_of(
        f"{','.join(names)}\n{source}",
        **{
            "dataset": "external.erp.orders",
            "mapping": [{"field": one, "source": one} for one in names],
            "mode": "upsert",
            **plan,
        },
    )


def orders(owner: Owner, names: str = "id, name") -> list[tuple[Any, ...]]:
    return owner.execute(f"SELECT {names} FROM orders ORDER BY id").fetchall()


def why(job: ImportJob) -> list[tuple[Any, ...]]:
    found = RowError.objects.filter(import_id=job.pk).order_by("line")
    return list(found.values_list("line", "code", "message"))


# --- Who may do less ----------------------------------------------------------------------------


@with_files
def test_who_may_not_delete_takes_back_what_was_changed_and_keeps_what_was_made(
    owner: Owner,
) -> None:
    owner.execute("INSERT INTO orders (id, name) VALUES (1, 'before')")
    with clerk(owner, "INSERT, UPDATE"):
        job = run(brought("1,one\n2,two\n"))
        assert (job.state, job.inserted, job.updated) == ("done", 1, 1)

        undone = run(job, undo_import)

    assert (undone.state, undone.undone, undone.kept) == ("undone", 1, 1)
    assert orders(owner) == [(1, "before"), (2, "two")]


@with_files
def test_who_may_not_update_takes_back_what_was_made(owner: Owner) -> None:
    with clerk(owner, "INSERT, DELETE"):
        undone = run(run(brought("1,one\n2,two\n", mode="insert")), undo_import)

    assert (undone.state, undone.undone, undone.kept) == ("undone", 2, 0)
    assert orders(owner) == []


@with_files
def test_all_or_nothing_is_refused_where_what_was_made_could_not_be_deleted(owner: Owner) -> None:
    owner.execute("INSERT INTO orders (id, name) VALUES (1, 'before')")
    with clerk(owner, "INSERT, UPDATE"):
        upserting = run(brought("1,one\n2,two\n", policy="all_or_nothing"))
        assert (upserting.state, upserting.error_code) == ("failed", "IMPORTEXPORT_PLAN_REFUSED")
        assert "may not be deleted" in upserting.error_message
        assert orders(owner) == [(1, "before")]

        torn = run(brought("1,one\n2,two\n", policy="all_or_nothing", mode="update"))
        assert (torn.state, orders(owner)) == ("failed", [(1, "before")])
        whole = run(brought("1,one\n", policy="all_or_nothing", mode="update"))
        assert (whole.state, orders(owner)) == ("done", [(1, "one")])


# --- Receipts -----------------------------------------------------------------------------------


def test_two_first_batches_at_once_are_both_brought(owner: Owner) -> None:
    to = external_databases()["erp"]
    table = catalogue.tables_of(to)["orders"]
    rows: list[dict[str, Any]] = [{"id": 1, "name": "one"}]
    with ThreadPoolExecutor(1) as pool:
        with psycopg.connect(address()) as other:
            receipts.ensure(other.cursor(), to)
            told_ = pool.submit(
                apply_batch, to, table, batch="b", mode=Mode.INSERT, rows=rows, dry=False
            )
            until = time.monotonic() + 10
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            while owner.execute(waiting).fetchone() == (0,) and time.monotonic() < until:
                assert not told_.done()
        results = told_.result(10)

    assert [one.done for one in results] == [Done.INSERTED]
    assert orders(owner) == [(1, "one")]


def test_nothing_is_made_by_who_only_clears(owner: Owner) -> None:
    clear_receipts()

    assert owner.execute("SELECT to_regclass('septet_receipts')").fetchone() == (None,)


@with_files
def test_receipts_are_kept_as_long_as_their_import_can_be_undone(owner: Owner) -> None:
    job = run(brought("1,one\n"))
    long_ago = clock.now() - timedelta(days=40)
    ImportJob.objects.filter(pk=job.pk).update(created_at=long_ago)
    owner.execute("UPDATE septet_receipts SET applied_at = %s", [long_ago + timedelta(days=1)])

    clear_receipts()

    assert owner.execute("SELECT count(*) FROM septet_receipts").fetchone() == (1,)
    assert run(job, undo_import).undone == 1
    clear_receipts()
    assert owner.execute("SELECT count(*) FROM septet_receipts").fetchone() == (0,)


@with_files
def test_what_is_taken_back_in_part_does_not_go_on(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.importexport.services.import_work.piece_bytes", lambda: 12)
    job = run(brought("".join(f"{at},name {at}\n" for at in range(6))))
    asked: list[str] = []

    def refusing(*given: Any, **more: Any) -> Any:
        asked.append(more["batch"])
        # The first is behind the last.
        if len(asked) == 3:
            raise ExternalRefusedError("erp does not let it")
        return undo_batch(*given, **more)

    with monkeypatch.context() as patched:
        patched.setattr(externals, "undo_batch", refusing)
        half = run(job, undo_import)
    assert half.state == "failed"
    assert 0 < half.undone < 6

    with somebody(), pytest.raises(ConflictError, match="undo the rest"):
        resume_import(id=str(job.pk))
    assert (run(half, undo_import).state, orders(owner)) == ("undone", [])


# --- Rows ---------------------------------------------------------------------------------------


@with_files
def test_a_row_that_a_trigger_leaves_out_is_not_counted_as_brought(owner: Owner) -> None:
    owner.execute(
        "CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN IF NEW.name = ''none'' THEN RETURN NULL; END IF; RETURN NEW; END';"
        "CREATE TRIGGER leave_out BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION leave_out()"
    )

    job = run(brought("1,one\n2,none\n3,three\n"))

    assert (job.state, job.inserted, job.failed) == ("done", 2, 1)
    left_out = (3, "IMPORTEXPORT_EXTERNAL_REFUSED", "a trigger of the table left it out")
    assert why(job) == [left_out]
    assert orders(owner) == [(1, "one"), (3, "three")]


@with_files
def test_a_number_that_the_database_gives_is_given_where_a_row_has_none(owner: Owner) -> None:
    job = run(brought("1,one,\n2,two,70\n3,three,\n", "id", "name", "place"))

    assert (job.state, job.inserted, why(job)) == ("done", 3, [])
    assert orders(owner, "id, place") == [(1, 1), (2, 70), (3, 2)]


@with_files
def test_a_value_too_long_for_an_index_is_an_error_of_its_row(owner: Owner) -> None:
    long = secrets.token_hex(20_000)

    job = run(brought(f"FR\n{long}\nIT\n", "code", dataset="external.erp.countries"))

    assert (job.state, job.inserted, job.failed) == ("done", 2, 1)


@with_files
def test_json_keeps_all_its_digits(owner: Owner) -> None:
    names = ('odd "name%s{0}', "kept")
    source = '{"odd \\"name%s{0}": "a", "kept": {"a": 0.12345678901234567890123}}\n'
    job = run(
        import_of(
            source,
            form="jsonl",
            dataset="external.erp.kinds",
            mode="insert",
            mapping=[{"field": one, "source": one} for one in names],
        )
    )

    assert (job.state, job.inserted, why(job)) == ("done", 1, [])
    kept = owner.execute("SELECT kept::text FROM kinds").fetchall()
    assert kept == [('{"a": 0.12345678901234567890123}',)]


# --- Out ----------------------------------------------------------------------------------------


@with_files
def test_names_of_columns_are_quoted_and_guarded_as_values_are(owner: Owner) -> None:
    owner.execute(
        'CREATE TABLE kodd ("Amount, net" int, "=cmd" text, "two\nlines" text, "a ""b""" text);'
        "INSERT INTO kodd VALUES (1, 'a', 'b', 'c')"
    )

    comma, plain = (exported(dataset="external.erp.kodd", guard=one) for one in (True, False))
    tabs = exported(dataset="external.erp.kodd", format="tsv")

    rest = b'"two\nlines","a ""b"""\r\n1,a,b,c\r\n'
    assert contents(comma) == [b'"Amount, net",\'=cmd,' + rest]
    assert contents(plain) == [b'"Amount, net",=cmd,' + rest]
    assert contents(tabs)[0].startswith(b"Amount, net\t'=cmd\t")


@with_files
def test_a_moment_with_an_offset_is_compared_in_utc(owner: Owner) -> None:
    owner.execute(
        'INSERT INTO kinds ("odd ""name%s{0}", plain, small) VALUES'
        " ('a', '2024-05-01T09:00', 9), ('b', '2024-05-01T10:00', 10),"
        " ('c', '2024-05-01T12:00', 12)"
    )
    noon = "2024-05-01T12:00:00+02:00"
    more: dict[str, Any] = {
        "dataset": "external.erp.kinds",
        "columns": ["small"],
        "order": ["small"],
    }

    with override_settings(EXTERNAL_DATABASES=told(grows_by={"kinds": "plain"})):
        since = exported(since=noon, **more)
        one = exported(filter={"plain": noon}, **more)
        some = exported(filter={"plain": [noon, "2024-05-01T12:00:00Z"]}, **more)

    assert contents(since) == [b"small\r\n10\r\n12\r\n"]
    assert contents(one) == [b"small\r\n10\r\n"]
    assert contents(some) == [b"small\r\n10\r\n12\r\n"]


# --- What waiting heals -------------------------------------------------------------------------


def test_a_database_that_became_a_standby_is_waited_for(owner: Owner) -> None:
    to = external_databases()["erp"]

    with pytest.raises(UnavailableError), connecting.connected(to, seconds=5) as standby:
        standby.execute(f"SET TRANSACTION READ ONLY; INSERT INTO {SCHEMA}.countries VALUES ('FR')")


@pytest.mark.parametrize(
    ("error", "told_as"),
    [
        (errors.IdleInTransactionSessionTimeout, UnavailableError),
        (errors.TransactionTimeout, UnavailableError),
        (errors.ProgramLimitExceeded, ExternalRefusedError),
        (errors.AdminShutdown, UnavailableError),
    ],
)
def test_what_heals_by_itself_is_told_from_what_stays(
    owner: Owner, error: type[psycopg.Error], told_as: type[Exception]
) -> None:
    to = external_databases()["erp"]

    with pytest.raises(told_as), connecting.connected(to, seconds=5):
        raise error("whatever it says")
