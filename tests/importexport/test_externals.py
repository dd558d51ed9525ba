"""Tables of databases outside, on a real PostgreSQL: what they are, rows out, rows in, undone."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.test import override_settings

from apps.importexport.adapters.externals import catalogue
from apps.importexport.adapters.externals.writing import apply_batch
from apps.importexport.errors import ExternalRefusedError
from apps.importexport.models import ImportJob, RowError
from apps.importexport.services import externals
from apps.importexport.services.controlling import undo_import
from apps.importexport.services.imports import check_import, start_import
from contracts.datasets import Kind, Mode
from kernel.datasets.client import all_datasets
from kernel.errors import ConflictError, ForbiddenError, NotFoundError, UnavailableError
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key
from tests.importexport.crashing import go_on
from tests.importexport.exporting import asking, contents, exported, with_files
from tests.importexport.importing import import_of, run, somebody
from tests.importexport.outside import SCHEMA, tables, told

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("tenant"),
]
Owner = psycopg.Connection[tuple[Any, ...]]
FIELDS = ("id", "name", "amount", "country")
MAPPING = [{"field": name, "source": name} for name in FIELDS]
HEADER = "id,name,amount,country\n"


@pytest.fixture
def owner() -> Iterator[Owner]:
    with tables() as made, override_settings(EXTERNAL_DATABASES=told()):
        catalogue._kept.clear()
        yield made


def orders(owner: Owner) -> list[tuple[Any, ...]]:
    return owner.execute(
        "SELECT id, name, amount::text, country FROM orders ORDER BY id"
    ).fetchall()


def brought(source: str, **plan: Any) -> ImportJob:
    return import_of(
        HEADER + source,
        **{"dataset": "external.erp.orders", "mapping": MAPPING, "mode": "upsert", **plan},
    )


# --- What there is ------------------------------------------------------------------------------


def test_a_table_is_what_its_catalogue_says(owner: Owner) -> None:
    with somebody():
        found = externals.describe("external.erp.orders")

    fields = {one.name: one for one in found.fields}
    assert (found.key, found.description) == (("id",), "What was ordered")
    assert found.modes == {Mode.INSERT, Mode.UPDATE, Mode.UPSERT}
    assert {name for name, one in fields.items() if one.required} == {"id", "name"}
    assert (fields["id"].kind, fields["id"].minimum) == (Kind.INTEGER, "-2147483648")
    assert (fields["name"].kind, fields["name"].max_length) == (Kind.TEXT, 12)
    assert (fields["amount"].kind, fields["twice"].read_only) == (Kind.DECIMAL, True)
    assert fields["changed"].kind is Kind.DATETIME
    with somebody():
        kinds = {one.name: one for one in externals.describe("external.erp.kinds").fields}
    assert kinds["mood"].choices == ("calm", "angry")
    assert (kinds["id"].kind, kinds["id"].unique, kinds["told"].kind) == ("uuid", True, "json")
    assert kinds['odd "name%s{0}'].max_length == 5


def test_what_is_not_let_is_not_there(owner: Owner) -> None:
    with somebody():
        listed = {one.name: one.modes for one in externals.all_external()}
        for name in ("secrets", "septet_receipts", "gone", "orders; DROP TABLE orders", ""):
            with pytest.raises(NotFoundError):
                externals.describe(f"external.erp.{name}")
        with pytest.raises(NotFoundError):
            externals.describe("external.other.orders")
        for name in ("pg_catalog.pg_authid", f"{SCHEMA}.secrets", '"secrets"'):
            with pytest.raises(NotFoundError):
                externals.describe(f"external.erp.{name}")

    names = ("countries", "keyless", "kinds", "orders", "seen")
    assert sorted(listed) == [f"external.erp.{name}" for name in names]
    # Nothing tells the rows of these apart.
    assert listed["external.erp.keyless"] == frozenset()
    assert listed["external.erp.seen"] == frozenset()


def test_another_tenant_and_who_lacks_the_scope_have_none(owner: Owner) -> None:
    elsewhere = told(tenants=["11111111-1111-1111-1111-111111111111"])
    with somebody(), override_settings(EXTERNAL_DATABASES=elsewhere):
        assert list(externals.all_external()) == []
        with pytest.raises(NotFoundError):
            externals.describe("external.erp.orders")

    with asking("files:read"):
        assert list(externals.all_external()) == []
        with pytest.raises(ForbiddenError):
            externals.describe("external.erp.orders")
    with asking("importexport:read"), pytest.raises(ForbiddenError):
        externals.apply("external.erp.orders", batch="b", mode=Mode.UPSERT, rows=[{"id": 1}])
    assert orders(owner) == []


def test_datasets_tell_of_it_and_go_on_where_it_does_not_answer(
    owner: Owner, tenant: Tenant
) -> None:
    graphql = GraphQLClient(make_key(tenant).secret, "/importexport/graphql")
    asked = "{ datasets { name modes writable } }"

    names = {one["name"]: one for one in graphql(asked).data["datasets"]}

    assert names["external.erp.orders"] == {
        "name": "external.erp.orders",
        "modes": ["INSERT", "UPDATE", "UPSERT"],
        "writable": True,
    }
    gone = told(url="postgresql://nobody:hidden@127.0.0.1:1/none")
    with override_settings(EXTERNAL_DATABASES=gone):
        shown = {one["name"] for one in graphql(asked).data["datasets"]}
        with somebody(), pytest.raises(UnavailableError) as refused:
            externals.describe("external.erp.orders")
    assert shown == {name for name in names if not name.startswith("external.")}
    assert str(refused.value) == "the database erp does not answer now"


# --- Out ----------------------------------------------------------------------------------------

ODD = """INSERT INTO kinds VALUES ('00012', 1, 9007199254740993, 1.5, 0.1, 1.5e10, true,
  '2024-02-29', '2024-05-01T12:00:00.5+02', '2024-05-01T12:00:00',
  '6f0e8a3a-0000-4000-8000-000000000001', '{"a": 1}', '[1, "x"]', 'angry', '\\x00ff',
  '{1,2}', '10.0.0.1', '1 day', '=1+1'); INSERT INTO kinds VALUES ('x')"""


@with_files
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_every_type_comes_back_as_it_was(owner: Owner, form: str) -> None:
    owner.execute(ODD)
    before = owner.execute("SELECT k.*::text FROM kinds k ORDER BY 1").fetchall()

    export = exported(format=form, dataset="external.erp.kinds")

    assert (export.state, export.row_count, export.error_message) == ("ready", 2, "")
    (file,) = contents(export)
    owner.execute("DELETE FROM kinds")
    with somebody():
        names = [one.name for one in externals.describe("external.erp.kinds").fields]
    job = import_of(
        file,
        form=form,
        dataset="external.erp.kinds",
        mode="insert",
        mapping=[{"field": name, "source": name} for name in names],
    )
    job = run(job)
    said = list(RowError.objects.values_list("column", "value", "code", "message"))
    assert (job.state, job.inserted, said) == ("done", 2, [])
    assert owner.execute("SELECT k.*::text FROM kinds k ORDER BY 1").fetchall() == before


@with_files
def test_an_export_has_what_it_is_asked_for(owner: Owner) -> None:
    owner.execute(
        "INSERT INTO orders (id, name, amount, country, changed)"
        " SELECT at, '=' || at, at, 'NL', '2024-01-01T00:00:00Z'::timestamptz + at * interval '1 d'"
        " FROM generate_series(1, 5) at"
    )
    grows = told(grows_by={"orders": "changed"})

    narrow = exported(
        dataset="external.erp.orders",
        columns=["id", "name"],
        filter={"country": "NL", "id": [5, 1, 2]},
        order=["-id"],
    )
    with override_settings(EXTERNAL_DATABASES=grows):
        since = exported(
            dataset="external.erp.orders", columns=["id"], since="2024-01-05T00:00:00Z"
        )

    assert contents(narrow) == [b"id,name\r\n5,'=5\r\n2,'=2\r\n1,'=1\r\n"]
    assert contents(since) == [b"id\r\n4\r\n5\r\n"]


@with_files
def test_an_export_is_refused_what_is_not_there(owner: Owner) -> None:
    cases: dict[str, dict[str, Any]] = {
        "secrets": {},
        "orders": {"columns": ['id" FROM secrets --']},
        "countries": {"order": ["nothing"]},
        "kinds": {"since": "2024-01-01T00:00:00Z"},
    }

    made = [exported(dataset=f"external.erp.{name}", **more) for name, more in cases.items()]

    assert [(one.state, one.error_code) for one in made] == [
        ("failed", "NOT_FOUND"),
        ("failed", "INVALID_INPUT"),
        ("failed", "INVALID_INPUT"),
        ("failed", "IMPORTEXPORT_EXPORT_UNREADABLE"),
    ]
    with override_settings(EXTERNAL_DATABASES=told(use="import")):
        assert exported(dataset="external.erp.orders").error_code == "INVALID_INPUT"


# --- In -----------------------------------------------------------------------------------------


@with_files
def test_rows_are_brought_and_each_error_is_named(owner: Owner) -> None:
    owner.execute("INSERT INTO orders (id, name, amount) VALUES (1, 'before', 1), (2, 'same', 2)")
    job = brought(
        "1,changed,1.50,NL\n2,same,2,\n3,new,3,DE\n3,again,3,DE\n4,forbidden,1,DE\n5,x,1,FR\n"
        "6,x,1.234,DE\n7,much too long a name,1,DE\n8,,1,DE\n9,last,,\n"
    )

    checked = run(job, check_import)
    assert (checked.state, checked.failed) == ("checked", 6)
    assert orders(owner) == [(1, "before", "1.00", None), (2, "same", "2.00", None)]
    job = run(checked)

    assert (job.state, job.inserted, job.updated, job.failed) == ("done", 2, 1, 6)
    assert orders(owner) == [
        (1, "changed", "1.50", "NL"),
        (2, "same", "2.00", None),
        (3, "new", "3.00", "DE"),
        (9, "last", None, None),
    ]
    found = RowError.objects.filter(import_id=job.pk).order_by("line").values_list("line", "code")
    assert list(found) == [
        (5, "DUPLICATE"),
        (6, "IMPORTEXPORT_EXTERNAL_REFUSED"),
        (7, "IMPORTEXPORT_EXTERNAL_REFUSED"),
        (8, "TOO_MANY_DIGITS"),
        (9, "TOO_LONG"),
        (10, "REQUIRED"),
    ]


@with_files
def test_keys_are_told_apart_as_their_type_compares_them(owner: Owner) -> None:
    owner.execute("CREATE TABLE kin (address inet PRIMARY KEY, told json)")

    job = run(
        import_of(
            'address;told\n10.0.0.1;{"a":1}\nnowhere;{}\n10.0.0.1/32;{}\n10.0.0.2;{}\nnowhere;{}\n',
            dataset="external.erp.kin",
            mapping=[{"field": name, "source": name} for name in ("address", "told")],
            mode="upsert",
        )
    )

    assert (job.state, job.inserted, job.updated, job.failed) == ("done", 2, 0, 3)
    found = RowError.objects.filter(import_id=job.pk).order_by("line").values_list("line", "code")
    refused = "IMPORTEXPORT_EXTERNAL_REFUSED"
    assert list(found) == [(3, refused), (4, "DUPLICATE"), (6, refused)]
    assert owner.execute("SELECT address::text, told::text FROM kin ORDER BY 1").fetchall() == [
        ("10.0.0.1/32", '{"a": 1}'),
        ("10.0.0.2/32", "{}"),
    ]
    undone = run(job, undo_import)
    assert (undone.state, undone.undone, undone.kept) == ("undone", 2, 0)


@with_files
def test_json_keeps_every_digit(owner: Owner) -> None:
    owner.execute("CREATE TABLE kin (id integer PRIMARY KEY, told json, kept jsonb)")
    exact = '{"pi": 3.14159265358979323846264338327950288, "n": [1E+2, "a , b : \\" c"]}'
    text = exact.replace(" 3", "  3").replace("[1E+2, ", "[ 1E+2,").replace('"', '""')
    names = ("id", "told", "kept")
    plan: dict[str, Any] = {
        "dataset": "external.erp.kin",
        "mapping": [{"field": name, "source": name} for name in names],
        "mode": "upsert",
    }

    job = run(import_of(f'id,told,kept\n1,"{text}",{{}}\n', **plan))

    assert (job.state, job.inserted, job.failed) == ("done", 1, 0)
    assert owner.execute("SELECT told::text FROM kin").fetchall() == [(exact,)]
    again = run(import_of(contents(exported(dataset="external.erp.kin"))[0].decode(), **plan))
    assert (again.state, again.inserted, again.updated, again.failed) == ("done", 0, 0, 0)
    assert owner.execute("SELECT told::text FROM kin").fetchall() == [(exact,)]


@with_files
@pytest.mark.parametrize(
    ("mode", "inserted", "updated", "code"),
    [("insert", 1, 0, "EXISTS"), ("update", 0, 1, "MISSING")],
)
def test_modes_are_held_to(owner: Owner, mode: str, inserted: int, updated: int, code: str) -> None:
    owner.execute("INSERT INTO orders (id, name) VALUES (1, 'before')")

    job = run(brought("1,one,1,NL\n2,two,2,NL\n", mode=mode))

    assert (job.inserted, job.updated, job.failed) == (inserted, updated, 1)
    assert RowError.objects.get(import_id=job.pk).code == code


@with_files
def test_an_undo_takes_back_what_nobody_has_changed(owner: Owner) -> None:
    owner.execute("INSERT INTO orders (id, name, amount) VALUES (1, 'before', 1), (2, 'b', 2)")
    job = run(brought("1,one,10,NL\n2,two,20,NL\n3,three,30,NL\n4,four,40,NL\n"))
    owner.execute("UPDATE orders SET name = 'mine' WHERE id IN (2, 4)")

    undone = run(job, undo_import)

    assert (undone.state, undone.undone, undone.kept) == ("undone", 2, 2)
    assert orders(owner) == [
        (1, "before", "1.00", None),
        (2, "mine", "20.00", "NL"),
        (4, "mine", "40.00", "NL"),
    ]


@with_files
def test_what_others_hold_is_kept_by_an_undo(owner: Owner) -> None:
    job = run(
        import_of(
            "code\nFR\nIT\n",
            dataset="external.erp.countries",
            mapping=[{"field": "code", "source": "code"}],
        )
    )
    owner.execute("INSERT INTO orders (id, name, country) VALUES (1, 'of it', 'IT')")

    undone = run(job, undo_import)

    assert (undone.state, undone.undone, undone.kept) == ("undone", 1, 1)
    codes = owner.execute("SELECT code FROM countries ORDER BY code").fetchall()
    assert codes == [("DE",), ("IT",), ("NL",)]


@with_files
def test_without_receipts_only_what_comes_to_the_same_is_let(owner: Owner) -> None:
    with override_settings(EXTERNAL_DATABASES=told(receipts="")):
        inserting = run(brought("1,one,1,NL\n", mode="insert"))
        whole = run(brought("1,one,1,NL\n", policy="all_or_nothing"))
        assert (inserting.state, inserting.error_code) == ("failed", "IMPORTEXPORT_PLAN_REFUSED")
        assert (whole.state, whole.error_code) == ("failed", "IMPORTEXPORT_PLAN_REFUSED")
        assert orders(owner) == []

        job = run(brought("1,one,1,NL\n"))
        assert (job.state, job.inserted) == ("done", 1)
        with somebody(), pytest.raises(ConflictError, match="keeps no receipts"):
            undo_import(id=str(job.pk))
    assert owner.execute("SELECT to_regclass('septet_receipts')").fetchone() == (None,)
    assert orders(owner) == [(1, "one", "1.00", "NL")]


def test_a_batch_told_twice_is_done_once(owner: Owner) -> None:
    rows = [{"id": 1, "name": "one", "amount": "1", "country": None}]
    more: dict[str, Any] = {"batch": "b", "mode": Mode.INSERT}
    with somebody():
        first = externals.apply("external.erp.orders", rows=rows, **more)
        owner.execute("DELETE FROM orders")
        again = externals.apply("external.erp.orders", rows=rows, **more)
        assert again == first
        assert orders(owner) == []
        with pytest.raises(ConflictError):
            externals.apply("external.erp.orders", rows=[{**rows[0], "id": 2}], **more)
        undone = externals.undo("external.erp.orders", batch="b")
        assert externals.undo("external.erp.orders", batch="b") == undone
        with pytest.raises(NotFoundError):
            externals.undo("external.erp.countries", batch="b")


@with_files
def test_an_import_waits_for_its_database_and_goes_on(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.importexport.services.import_work.piece_bytes", lambda: 20)
    source = "".join(f"{at},name {at},1,NL\n" for at in range(6))
    job = brought(source, mode="insert")
    told_: list[str] = []

    def lost(*given: Any, **more: Any) -> Any:
        told_.append(more["batch"])
        if len(told_) == 3:
            raise UnavailableError("the database erp does not answer now")
        return apply_batch(*given, **more)

    monkeypatch.setattr(externals, "apply_batch", lost)
    with somebody():
        start_import(id=str(job.pk))
    drain()

    job.refresh_from_db()
    assert (job.state, job.inserted) == ("running", 2)
    go_on()
    job.refresh_from_db()
    assert (job.state, job.inserted, job.failed) == ("done", 6, 0)
    assert len(orders(owner)) == 6


def test_nothing_is_written_by_who_only_reads(owner: Owner) -> None:
    from apps.importexport.adapters.externals.connecting import connected  # noqa: PLC0415
    from apps.importexport.conf import external_databases  # noqa: PLC0415

    to = external_databases()["erp"]
    with (
        pytest.raises(ExternalRefusedError, match="read-only"),
        connected(to, seconds=5, read_only=True) as connection,
    ):
        connection.execute(f"INSERT INTO {SCHEMA}.countries VALUES ('FR')")
    with (
        pytest.raises(UnavailableError, match="took longer"),
        connected(to, seconds=1) as connection,
    ):
        connection.execute("SELECT pg_sleep(30)")


def test_receipts_of_long_ago_are_forgotten(owner: Owner) -> None:
    from apps.importexport.services.import_upkeep import clear_receipts  # noqa: PLC0415

    with somebody():
        for at, batch in enumerate(("old", "new")):
            rows = [{"id": at, "name": batch, "amount": None, "country": None}]
            externals.apply("external.erp.orders", batch=batch, mode=Mode.INSERT, rows=rows)
    owner.execute(
        "UPDATE septet_receipts SET applied_at = now() - interval '31 days' WHERE batch = 'old'"
    )

    clear_receipts()

    assert owner.execute("SELECT batch FROM septet_receipts").fetchall() == [("new",)]


def test_no_dataset_of_an_app_is_called_so() -> None:
    with somebody():
        assert not [one.name for one in all_datasets() if one.name.startswith("external.")]
