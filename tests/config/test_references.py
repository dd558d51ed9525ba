"""Which flags code uses, which nothing uses, and what it asks for that is none."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.config.domain.references import Place, places
from apps.config.services.flags import archive_flag, create_flag
from kernel.identity.models import Tenant

PYTHON = """
if client.get_boolean_value("dark-mode", False):
    details = client.get_string_details(
        'colour', "red")
KEYS = ["new-search"]
print("dark")
"""
JAVASCRIPT = """
const on = await client.getBooleanValue(`typo`, false);
const { value } = useFlag("dark-mode", true);
"""


def test_keys_are_found_where_they_stand_and_where_they_are_asked_for() -> None:
    known = {"dark-mode", "new-search"}

    assert list(places(PYTHON, known)) == [
        Place(2, "dark-mode", True),
        Place(4, "colour", True),
        Place(5, "new-search", False),
    ]
    assert list(places(JAVASCRIPT, known)) == [Place(2, "typo", True), Place(3, "dark-mode", True)]


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "src" / "app.py").write_text(PYTHON)
    (tmp_path / "web.ts").write_text(JAVASCRIPT)
    (tmp_path / "node_modules" / "a.js").write_text('useFlag("theirs")')
    (tmp_path / "image.png").write_bytes(b'\0useFlag("no")')
    return tmp_path


def test_a_folder_is_compared_with_the_flags(tenant: Tenant, code: Path) -> None:
    for key in ("dark-mode", "new-search", "forgotten"):
        create_flag(key=key)
    archive_flag(id=str(create_flag(key="old").pk))
    out = StringIO()

    with pytest.raises(CommandError, match="2 keys are asked for that are no flags") as found:
        call_command("config_references", str(code), tenant=tenant.slug, json=True, stdout=out)

    assert found.value.returncode == 1
    assert json.loads(out.getvalue()) == {
        "used": {"dark-mode": ["web.ts:3", "src/app.py:2"], "new-search": ["src/app.py:5"]},
        "unused": ["forgotten"],
        "unknown": {"colour": ["src/app.py:4"], "typo": ["web.ts:2"]},
    }


def test_people_get_a_line_for_each(tenant: Tenant, code: Path) -> None:
    for key in ("dark-mode", "colour", "typo", "unused"):
        create_flag(key=key)
    out = StringIO()

    call_command("config_references", str(code / "web.ts"), tenant=tenant.slug, stdout=out)

    assert out.getvalue().splitlines() == [
        "dark-mode: web.ts:3",
        "typo: web.ts:2",
        "colour: used nowhere",
        "unused: used nowhere",
    ]


def test_what_is_not_there_is_misuse(tenant: Tenant, tmp_path: Path) -> None:
    for path, slug in ((tmp_path / "no", tenant.slug), (tmp_path, "nobody")):
        with pytest.raises(CommandError) as refused:
            call_command("config_references", str(path), tenant=slug)
        assert refused.value.returncode == 2
