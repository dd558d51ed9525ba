"""What schedules let happen here: exports written anew, imports that nobody attends."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jsonschema_rs
import pytest

from apps.importexport.models import DataEndpoint, ExportJob, ImportJob
from apps.importexport.models.rows import model_of
from apps.importexport.services import errands
from apps.importexport.services.endpoints import create_endpoint
from apps.importexport.services.exports import create_export
from contracts.importexport import ImportFailed, ImportFinished
from kernel.chores.services import Begun, do, look, stop
from kernel.errors import ForbiddenError, InvalidInputError, NotFoundError
from kernel.jobs.models import Job
from kernel.tenancy.context import acting_as, in_tenant
from kernel.testing.datasets import somebody as somebody_else
from kernel.testing.events import published
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.importexport.exporting import asking, contents, kept_in, with_files
from tests.importexport.importing import HEADER, airports, held, somebody
from tests.importexport.places import SECRET
from tests.importexport.tables import countries, put

pytestmark = pytest.mark.usefixtures("tenant")
GOOD = HEADER + "EDDF,Frankfurt,364,DE,EDDF\n"


@contextmanager
def site(content: str, settings: Any, *first: int) -> Iterator[tuple[str, list[str]]]:
    """Serve a text, after these answers with nothing, and tell what was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response([*first, *[200] * len(asked)][len(asked) - 1])
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    place = f"127.0.0.1:{server.server_port}"
    settings.OUTBOUND_ALLOWED = (place,)
    try:
        yield f"http://{place}/files/airports.csv?token=a", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def told(type_: type) -> list[Any]:
    return [one for one in published() if isinstance(one, type_)]


def test_what_is_at_a_url_is_brought_without_anybody(settings: Any) -> None:
    table = airports("DE")
    with site(GOOD, settings) as (url, asked), somebody():
        job = errands.import_from_url(url=url, dataset="tables.airports", mode="upsert")
        drain()

    job.refresh_from_db()
    assert (job.name, job.state, job.inserted) == ("airports.csv", "done", 1)
    assert [row[0] for row in held(table)] == ["EDDF"]
    assert len(asked) == 1
    assert [one.import_id for one in told(ImportFinished)] == [str(job.pk)]


def test_a_url_that_answers_later_is_asked_again_and_one_that_refuses_is_not(
    settings: Any,
) -> None:
    airports("DE")
    with site(GOOD, settings, 503, 429) as (url, asked), somebody():
        job = errands.import_from_url(url=url, dataset="tables.airports")
        for _ in range(3):
            drain()
            Job.objects.filter(state="queued").update(waits_for="")

    job.refresh_from_db()
    assert (job.state, job.inserted, len(asked)) == ("done", 1, 3)

    with site(GOOD, settings, 404) as (url, asked), somebody():
        job = errands.import_from_url(url=url, dataset="tables.airports")
        drain()

    job.refresh_from_db()
    assert (job.state, job.error_message, len(asked)) == ("failed", "127.0.0.1 answers 404", 1)


def test_what_cannot_be_started_stands_in_the_import_and_is_told(settings: Any) -> None:
    airports("DE")
    with site("nothing,of,it\n1,2,3\n", settings) as (url, _), somebody():
        job = errands.import_from_url(url=url, dataset="tables.airports")
        drain()

    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "INVALID_INPUT")
    assert [one.import_id for one in told(ImportFailed)] == [str(job.pk)]


def test_the_beginning_of_a_long_source_is_shown_while_the_rest_is_fetched(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    airports("DE")
    shown: list[tuple[str, int]] = []
    from apps.importexport.services import analysing, import_sources  # noqa: PLC0415

    monkeypatch.setattr(import_sources, "HEAD_BYTES", 300_000)
    show = analysing._show_early

    def seen(job: ImportJob, path: Path) -> None:
        show(job, path)
        found = ImportJob.objects.get(pk=job.pk)
        shown.append((found.state, len(found.preview["rows"])))

    monkeypatch.setattr(analysing, "_show_early", seen)
    rows = "".join(f"K{at:06},Name,1,DE,K{at:06}\n" for at in range(30_000))
    with site(HEADER + rows, settings) as (url, _), somebody():
        errands.import_from_url(url=url, dataset="tables.airports")
        drain()

    assert shown == [("analysing", 50)]
    assert ImportJob.objects.get().inserted == 30_000


@with_files
def test_an_export_is_written_anew_as_it_was_and_a_series_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept_in(monkeypatch, tmp_path)
    table = countries("DE")
    endpoint = create_endpoint(
        name="a", kind="webhook", settings={"address": "https://10.0.0.1/"}, secret=SECRET
    )
    with asking():
        like = create_export(
            dataset="tables.countries",
            format="csv",
            columns=["code"],
            series="nightly",
            deliver_to=[str(endpoint.pk)],
        )
        drain()
        model_of(table).objects.update(changed_at="2020-01-01T00:00:00Z")
        put(table, code="FR", name="France")
        made = errands.run_export(export_id=str(like.pk))
        drain()

    made.refresh_from_db()
    assert (made.state, made.series, made.row_count) == ("ready", "nightly", 1)
    assert contents(made) == [b"code\r\nFR\r\n"]
    assert [one.endpoint for one in made.deliveries.all()] == [endpoint]


def test_nobody_lets_happen_what_is_not_theirs() -> None:
    with in_tenant(make_tenant().pk):
        countries("DE")
        other = ExportJob.objects.create(name="a", dataset="tables.countries", format="csv")
    with asking(), pytest.raises(NotFoundError):
        errands.run_export(export_id=str(other.pk))
    with asking("importexport:read"), pytest.raises(ForbiddenError):
        errands.import_from_url(url="https://a.example/", dataset="tables.a")
    assert not ImportJob.objects.exists()
    assert not DataEndpoint.objects.exists()


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        (errands.RUN_EXPORT, {"export_id": "01900000-0000-7000-8000-000000000000"}, {}),
        (
            errands.IMPORT_FROM_URL,
            {"url": "https://a.example/a.csv", "dataset": "tables.a", "mode": "upsert"},
            {"url": "file:///etc/passwd", "dataset": "tables.a"},
        ),
        (
            errands.IMPORT_FROM_ENDPOINT,
            {
                "endpoint_id": "01900000-0000-7000-8000-000000000000",
                "path": "a.csv",
                "dataset": "tables.a",
            },
            {"path": "a.csv", "dataset": "tables.a"},
        ),
    ],
)
def test_parameters_are_described_for_whoever_makes_a_schedule(
    schema: Any, good: dict[str, Any], bad: dict[str, Any]
) -> None:
    validator = jsonschema_rs.validator_for(schema)

    assert validator.is_valid(good)
    assert not validator.is_valid(bad)
    assert not validator.is_valid({**good, "more": 1})


def test_a_schedule_asks_by_name_and_what_it_asks_twice_is_done_once(settings: Any) -> None:
    table = airports("DE")
    with site(GOOD, settings) as (url, asked), somebody():
        wanted = {"url": url, "dataset": "tables.airports", "mode": "upsert"}
        answers = [do("importexport.import_from_url", wanted, key="run-1") for _ in range(2)]
        before = look("importexport.import_from_url", answers[0].result)
        drain()
        after = look("importexport.import_from_url", answers[0].result)
        with pytest.raises(InvalidInputError, match=r"parameters: .*dataset"):
            do("importexport.import_from_url", {"url": url}, key="run-2")

    begun = {"importJobId": str(ImportJob.objects.get().pk)}
    assert answers == [Begun(begun, goes_on=True)] * 2
    assert (before.state, after.state, after.result) == (
        "going_on",
        "done",
        {"rows": 1, "failed": 0},
    )
    assert ([row[0] for row in held(table)], len(asked)) == (["EDDF"], 1)


@with_files
def test_a_schedule_has_an_export_repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept_in(monkeypatch, tmp_path)
    countries("DE")
    with asking():
        like = create_export(dataset="tables.countries", format="csv", columns=["code"])
        drain()
        answer = do("importexport.repeat_export", {"export_id": str(like.pk)}, key="run-1").result
        drain()
        work = look("importexport.repeat_export", answer)

    made = ExportJob.objects.get(pk=answer["exportJobId"])
    assert (work.state, work.result) == ("done", {"rows": 1, "fileId": str(made.result_id)})
    assert (made.pk != like.pk, contents(made)) == (True, [b"code\r\nDE\r\n"])


@with_files
def test_a_schedule_writes_rows_in_the_order_that_it_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept_in(monkeypatch, tmp_path)
    countries("DE", "NL", "FR")
    told = {"dataset": "tables.countries", "format": "csv", "columns": ["code"], "order": ["-code"]}
    with asking():
        begun = do("importexport.run_export", told, key="run-1").result
        drain()

    made = ExportJob.objects.get(pk=begun["exportJobId"])
    assert contents(made) == [b"code\r\nNL\r\nFR\r\nDE\r\n"]


@with_files
def test_what_a_schedule_began_is_stopped_and_is_of_its_tenant_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept_in(monkeypatch, tmp_path)
    countries("DE")
    with asking():
        told = {"dataset": "tables.countries", "format": "csv"}
        begun = do("importexport.run_export", told, key="run-1").result
        for _ in range(2):
            stop("importexport.run_export", begun)
        work = look("importexport.run_export", begun)
        with pytest.raises(InvalidInputError, match="never told such a result"):
            look("importexport.run_export", {})
    elsewhere = make_tenant()
    with acting_as(somebody_else(elsewhere.pk)), pytest.raises(NotFoundError):
        look("importexport.run_export", begun)

    assert work.state == "cancelled"
