"""What the settings make of the environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings, settings

from project.checks import registered_documents_can_be_read
from project.graph import trusted_documents

LIMITS = {
    "public": {"BODY_BYTES": 1_000_000, "TOKENS": 1_000, "ALIASES": 15, "COST": 5_000},
    "gateway": {"BODY_BYTES": 2_000_000, "TOKENS": 15_000, "ALIASES": 30, "COST": 20_000},
}
ALIKE = {"DEPTH": 12, "DIRECTIVES": 50, "REPRESENTATIONS": 1_000}


def settings_with(names: list[str], **environment: str) -> dict[str, object]:
    """Return settings as a process of this environment has them."""
    given = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    source = (
        "import json; from django.conf import settings;"
        f" print(json.dumps({{name: getattr(settings, name) for name in {names}}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", source],
        env=given | {"DJANGO_SETTINGS_MODULE": "project.settings", "DEBUG": "0"} | environment,
        cwd=settings.BASE_DIR / "platform",
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, object] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("preset", LIMITS)
def test_a_preset_chooses_the_limits_of_graphql(preset: str) -> None:
    expected = {f"GRAPHQL_MAX_{name}": n for name, n in (LIMITS[preset] | ALIKE).items()}

    assert settings_with([*expected], GRAPHQL_LIMITS=preset) == expected


def test_a_single_limit_wins_over_the_preset() -> None:
    names = ["GRAPHQL_MAX_TOKENS", "GRAPHQL_MAX_COST"]

    found = settings_with(names, GRAPHQL_LIMITS="gateway", GRAPHQL_MAX_TOKENS="77")

    assert found == {"GRAPHQL_MAX_TOKENS": 77, "GRAPHQL_MAX_COST": 20_000}


@pytest.mark.parametrize(
    ("environment", "open_"),
    [
        ({}, True),
        ({"DATABASE_URL": "postgres://u:p@localhost/d"}, False),
        ({"DATABASE_URL": "postgres://u:p@localhost/d", "DEBUG": "1"}, True),
        ({"DATABASE_URL": "postgres://u:p@localhost/d", "GRAPHQL_INTROSPECTION": "1"}, True),
        ({"GRAPHQL_INTROSPECTION": "0"}, False),
    ],
)
def test_introspection_is_open_where_things_are_tried(
    environment: dict[str, str], open_: bool
) -> None:
    found = settings_with(["GRAPHQL_INTROSPECTION"], **environment)

    assert found == {"GRAPHQL_INTROSPECTION": open_}


def test_the_folder_in_which_processes_count_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "counts"

    settings_with(["DEBUG"], PROMETHEUS_MULTIPROC_DIR=str(folder))

    assert folder.is_dir()


@pytest.mark.parametrize(
    ("manifest", "only", "found"),
    [
        (None, False, []),
        (None, True, ["septet.E002"]),
        ('{"1": "{ __typename }"}', True, []),
        ("{}", False, []),
        ("{}", True, ["septet.E002"]),
        ("[]", False, ["septet.E001"]),
    ],
)
def test_a_process_that_could_run_no_document_does_not_start(
    tmp_path: Path, settings: LazySettings, manifest: str | None, only: bool, found: list[str]
) -> None:
    settings.GRAPHQL_TRUSTED_DOCUMENTS = ""
    if manifest is not None:
        (tmp_path / "web.json").write_text(manifest)
        settings.GRAPHQL_TRUSTED_DOCUMENTS = str(tmp_path)
    settings.GRAPHQL_ONLY_TRUSTED = only

    trusted_documents.cache_clear()
    messages = registered_documents_can_be_read()
    trusted_documents.cache_clear()

    assert [message.id for message in messages] == found
