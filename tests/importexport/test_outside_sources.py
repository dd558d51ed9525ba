"""Imports of files at places outside: looked at by their beginning, read as they were then."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from apps.importexport.models import DataEndpoint, ImportJob
from apps.importexport.services import analysing, import_sources, imports
from apps.importexport.services.endpoints import create_endpoint, disable_endpoint
from kernel.errors import InvalidInputError, NotFoundError
from kernel.tenancy.context import in_tenant
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.importexport.importing import HEADER, airports, held, import_of, run, somebody
from tests.importexport.places import PASSWORD, SECRET, Server, sftp_server

pytestmark = pytest.mark.usefixtures("tenant")
ROWS = "EDDF,Frankfurt,364,DE,EDDF\nLFPG,Paris,392,FR,LFPG\n"


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[Server]:
    with sftp_server(tmp_path) as made:
        settings.OUTBOUND_ALLOWED = (f"127.0.0.1:{made.port}",)
        yield made


def place(server: Server) -> DataEndpoint:
    return create_endpoint(name="in", kind="sftp", settings=server.settings(), secret=PASSWORD)


def imported(endpoint: DataEndpoint, path: str = "in.csv", **more: Any) -> ImportJob:
    """Make an import of a file there, and look at it."""
    with somebody():
        made = imports.create_import(
            name="airports",
            endpoint_id=str(endpoint.pk),
            source_path=path,
            dataset="tables.airports",
            **more,
        )
    drain()
    return ImportJob.objects.get(pk=made.pk)


def test_a_file_at_a_place_outside_is_looked_at_and_brought(server: Server, tmp_path: Path) -> None:
    table = airports("DE", "FR")
    (tmp_path / "in.csv").write_text(HEADER + ROWS)

    job = imported(place(server))
    assert (job.state, job.preview["columns"]) == ("ready", HEADER.strip().split(","))
    done = run(job)

    assert (done.state, done.inserted) == ("done", 2)
    assert [row[0] for row in held(table)] == ["EDDF", "LFPG"]


def test_another_file_than_the_one_that_was_looked_at_is_not_brought(
    server: Server, tmp_path: Path
) -> None:
    table = airports("DE", "FR")
    (tmp_path / "in.csv").write_text(HEADER + ROWS)
    job = imported(place(server))
    (tmp_path / "in.csv").write_text(HEADER + ROWS + ROWS)

    failed = run(job)

    assert (failed.state, failed.error_code) == ("failed", "IMPORTEXPORT_SOURCE_CHANGED")
    assert held(table) == []
    # Said once more, it is looked at as it is now.
    (tmp_path / "in.csv").write_text(HEADER + ROWS)
    with somebody():
        imports.update_import(
            id=str(job.pk), endpoint_id=str(job.endpoint_id), source_path="in.csv"
        )
    drain()
    assert run(ImportJob.objects.get()).state == "done"


def test_of_a_long_text_only_the_beginning_is_fetched_to_look_at_it(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    airports("DE")
    had: list[int] = []
    fetch = import_sources.Source.fetch

    def measured(source: import_sources.Source, most: int | None = None) -> None:
        fetch(source, most)
        had.append(source.path.stat().st_size)

    monkeypatch.setattr(import_sources.Source, "fetch", measured)
    monkeypatch.setattr(analysing, "HEAD_BYTES", 400_000)
    long = HEADER + "".join(f"K{at:06},Name,1,DE,K{at:06}\n" for at in range(240_000))
    (tmp_path / "in.csv").write_text(long)

    job = imported(place(server))

    assert (job.state, len(job.preview["rows"])) == ("ready", 50)
    assert had[0] < len(long) / 2
    assert had == had[:1]


def test_of_five_gigabytes_the_first_four_megabytes_are_read_to_look_at_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    airports("DE")
    given: list[int] = []
    block = b"K000001,Name,1,DE,K000001\n" * 40_000

    def generated(_key: str) -> Iterator[bytes]:
        yield HEADER.encode()
        while sum(given) < 5_000_000_000:
            given.append(len(block))
            yield block

    store = SimpleNamespace(read=generated)
    monkeypatch.setattr(import_sources, "storage", lambda: store)

    job = import_of("", name="long.csv")

    assert (job.state, len(job.preview["rows"])) == ("ready", 50)
    assert job.preview["columns"] == HEADER.strip().split(",")
    assert sum(given) < import_sources.HEAD_BYTES + 2 * len(block)


def test_a_place_that_is_disabled_gives_nothing(server: Server, tmp_path: Path) -> None:
    airports("DE")
    (tmp_path / "in.csv").write_text(HEADER)
    endpoint = place(server)
    disable_endpoint(id=str(endpoint.pk))

    job = imported(endpoint)

    assert (job.state, job.error_code) == ("failed", "IMPORTEXPORT_ENDPOINT_DISABLED")


def test_what_cannot_be_a_source_is_refused(server: Server) -> None:
    airports("DE")
    own = place(server)
    hook = create_endpoint(
        name="hook", kind="webhook", settings={"address": "https://a.example/"}, secret=SECRET
    )
    with in_tenant(make_tenant().pk):
        other = place(server)

    with pytest.raises(InvalidInputError, match="nothing is read from webhook"):
        imported(hook)
    with pytest.raises(InvalidInputError, match="one of them"):
        imported(own, source_url="https://a.example/a.csv")
    with pytest.raises(InvalidInputError, match="together"):
        imported(own, path="")
    with pytest.raises(NotFoundError):
        imported(other)
    assert not ImportJob.objects.exists()
