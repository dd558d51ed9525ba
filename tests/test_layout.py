"""The house: where things stand, and that they stand there in all seven apps alike."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from kernel.services import BY_NAME

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    path
    for root in ("apps", "platform")
    for path in (ROOT / root).rglob("*.py")
    if "migrations" not in path.parts
]


def test_the_fixed_top_level_is_there() -> None:
    missing = [
        name
        for name in ("manage.py", "platform", "apps", "docker", "requirements.txt", "tests")
        if not (ROOT / name).exists()
    ]

    assert missing == []


def test_platform_is_a_source_root_and_shadows_nothing() -> None:
    inside = {path.stem for path in (ROOT / "platform").iterdir()}

    assert "__init__" not in inside
    assert inside & set(sys.stdlib_module_names) == set()


@pytest.mark.parametrize("app", BY_NAME)
def test_every_app_has_the_same_parts(app: str) -> None:
    parts = (
        "README.md",
        "admin.py",
        "apps.py",
        "demo.py",
        "migrations/__init__.py",
        "models.py",
        "schema.graphql",
        "schema/__init__.py",
        "schema/queries.py",
        "schema/types.py",
        "selectors.py",
        "services.py",
    )
    folder = ROOT / "apps" / app

    # A module that has grown is a package of that name.
    assert [
        part
        for part in parts
        if not (folder / part).exists() and not (folder / part.removesuffix(".py")).is_dir()
    ] == []


def test_no_module_has_a_long_tail() -> None:
    long = [path.name for path in SOURCES if path.read_text().count("\n") > 400]

    assert long == []


def test_no_function_has_a_long_tail() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno > 60
    ]

    assert long == []


@pytest.mark.parametrize("package", ["apps", "contracts", "kernel", "project"])
def test_the_source_roots_are_found_from_any_folder(package: str, tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", f"import {package}; print({package}.__path__[0])"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert Path(found.stdout.strip()).is_relative_to(ROOT)


def test_the_command_line_works_from_any_folder(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "check"],
        cwd=tmp_path,
        env={"DATA_DIR": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "no issues" in found.stdout


def test_rows_are_streamed_only_where_a_transaction_is_open_anyhow() -> None:
    """PostgreSQL refuses it elsewhere, which no test inside a transaction sees: see `by_key`."""
    streaming = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.parts[len(ROOT.parts)] == "apps" and ".iterator(" in path.read_text("utf-8")
    }

    assert streaming == {"apps/config/selectors/segments.py", "apps/files/services/blobs.py"}
