"""What no import linter sees: relations and look-ups by name from one app into another."""

import re
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent


def test_no_relation_leaves_its_app() -> None:
    leaks = [
        f"{model.__name__}.{field.name} -> {field.remote_field.model._meta.label}"
        for config in apps.get_app_configs()
        if config.name.startswith("apps.")
        for model in config.get_models()
        for field in model._meta.fields + model._meta.many_to_many
        if field.remote_field is not None
        and field.remote_field.model._meta.app_label != config.label
    ]

    assert leaks == []


def test_no_app_looks_another_up_by_name() -> None:
    names = "|".join(path.name for path in (ROOT / "apps").iterdir() if path.is_dir())
    by_string = re.compile(rf"""["'](apps\.)?({names})\.[A-Za-z_]+["']|get_model\(""")

    leaks = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in (ROOT / "apps").rglob("*.py")
        if "migrations" not in path.parts
        for match in by_string.finditer(path.read_text())
        if match.group(2) is None or match.group(2) not in path.parts
    ]

    assert leaks == []


def test_no_app_reads_the_environment() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "apps").rglob("*.py")
        if "os.environ" in path.read_text() or "getenv" in path.read_text()
    ]

    assert readers == []


def test_every_table_of_an_app_belongs_to_a_tenant() -> None:
    without = [
        model.__name__
        for config in apps.get_app_configs()
        if config.name.startswith("apps.")
        for model in config.get_models()
        if "tenant_id" not in {field.name for field in model._meta.fields}
    ]

    assert without == []
