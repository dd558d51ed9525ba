"""The files about events: made of the code, and never in a way that breaks who reads them."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from contracts.catalogue import event_types
from contracts.event import app_of
from kernel.events.registry import GROUPS
from kernel.services import BY_NAME
from project.management.commands import events_reference
from project.management.commands.events_reference import refuse_incompatible, wanted


def run(*arguments: str) -> str:
    """Run the command and return what it printed."""
    out = StringIO()
    call_command("events_reference", *arguments, stdout=out)
    return out.getvalue()


def test_the_files_are_up_to_date() -> None:
    assert run("--check") == ""


@pytest.fixture
def schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a copy of the schemas."""
    for path in events_reference.SCHEMAS.glob("*.json"):
        (tmp_path / path.name).write_text(path.read_text())
    monkeypatch.setattr(events_reference, "SCHEMAS", tmp_path)
    return tmp_path


def test_a_field_that_is_gone_is_refused(schemas: Path) -> None:
    path = schemas / "files.file.renamed.v1.json"
    schema = json.loads(path.read_text())
    schema["properties"]["reason"] = {"type": "string"}
    path.write_text(json.dumps(schema))

    with pytest.raises(CommandError, match=r"files\.file\.renamed\.v1 breaks .*reason was removed"):
        run()

    assert json.loads(path.read_text()) == schema


def test_a_type_that_is_gone_is_refused(schemas: Path) -> None:
    (schemas / "files.file.lost.v1.json").write_text("{}")

    with pytest.raises(
        CommandError, match=r"files\.file\.lost\.v1\.json is the schema of an event"
    ):
        refuse_incompatible(event_types())


def test_an_old_page_is_told_by_its_name(schemas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (schemas / "files.file.renamed.v1.json").unlink()
    monkeypatch.setattr(settings, "BASE_DIR", schemas)

    with pytest.raises(CommandError, match=r"files\.file\.renamed\.v1\.json is out of date"):
        run("--check")

    assert not (schemas / "files.file.renamed.v1.json").exists()


def test_every_app_tells_something_and_somebody_handles_it() -> None:
    telling = {app_of(type_) for type_ in event_types()}
    handled = {app_of(type_) for group in GROUPS.values() for type_ in group.handlers}

    assert set(BY_NAME) <= telling
    assert set(BY_NAME) - {"audit"} <= handled


def test_groups_belong_to_an_app_or_to_the_kernel() -> None:
    assert {app_of(name) for name in GROUPS} <= {*BY_NAME, "identity"}


def test_the_page_names_every_type() -> None:
    page = wanted()[events_reference.DOCS / "events.md"]

    assert [type_ for type_ in event_types() if f"`{type_}`" not in page] == []


def test_the_page_says_why_a_group_exists_also_where_its_handler_is_a_partial() -> None:
    page = wanted()[events_reference.DOCS / "events.md"]
    (row,) = [line for line in page.splitlines() if line.startswith("| `files.erasure`")]

    assert row.split(" | ")[2].startswith("Enqueue what erases the app's part of a tenant")
