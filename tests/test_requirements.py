"""What the project is built on is pinned, hashed, installed and used."""

import re
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent

#: The packages the project is to be built on, by the module they bring.
FIXED = {
    "django": "django",
    "graphene-django": "graphene_django",
    "graphene-federation": "graphene_federation",
    "celery": "celery",
    "confluent-kafka": "confluent_kafka",
    "django-storages": "storages",
    "boto3": "boto3",
    "django-redis": "django_redis",
    "django-prometheus": "django_prometheus",
    "reportlab": "reportlab",
    "openpyxl": "openpyxl",
    "pytest-django": "pytest_django",
}

#: Those that the services built so far really use, in the code or as an installed app.
USED = {
    "boto3",
    "celery",
    "confluent-kafka",
    "django",
    "django-prometheus",
    "django-storages",
    "graphene-django",
    "graphene-federation",
    "openpyxl",
    "pytest-django",
    "reportlab",
}


@pytest.mark.parametrize("package", FIXED)
def test_each_package_is_pinned_with_hashes_and_there(package: str) -> None:
    locked = (ROOT / "requirements.txt").read_text()

    pin = re.search(
        rf"^{package}(\[[\w, -]+\])?==[\w.]+ \\\n    --hash=sha256:", locked, re.MULTILINE
    )

    assert pin
    assert import_module(FIXED[package]).__name__ == FIXED[package]


@pytest.mark.parametrize("package", sorted(USED - {"pytest-django"}))
def test_each_package_due_so_far_is_used(package: str) -> None:
    module = FIXED[package]
    sources = [path for root in ("apps", "platform") for path in (ROOT / root).rglob("*.py")]
    code = [path.read_text() for path in sources]

    assert any(
        re.search(rf'^(from|import) {module}\b|"{module}[."]', text, re.MULTILINE) for text in code
    )


def test_the_tests_run_by_pytest_django(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.hasplugin("django")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_locked_line_has_an_exact_version_and_hashes(name: str) -> None:
    text = (ROOT / name).read_text()
    pins = re.findall(r"^[a-z0-9][^\n]*", text, re.MULTILINE)

    assert pins
    assert [pin for pin in pins if "==" not in pin] == []
    assert text.count("--hash=sha256:") >= len(pins)
    assert "://" not in text


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_an_extra_that_a_package_asks_for_is_locked_with_it(name: str) -> None:
    """Or pip takes the newest release for it, and then refuses that for having no hash."""
    text = (ROOT / name).read_text()
    pins = [Requirement(pin) for pin in re.findall(r"^[a-z0-9][^\n\\]*", text, re.MULTILINE)]
    locked = {pin.name: pin.extras for pin in pins}

    asked = [
        needed
        for pin in pins
        for needed in map(Requirement, distribution(pin.name).requires or [])
        if needed.marker is None
        or any(needed.marker.evaluate({"extra": e}) for e in ("", *pin.extras))
    ]

    assert [needed for needed in asked if needed.extras]
    assert [
        str(needed) for needed in asked if needed.extras - locked.get(needed.name, needed.extras)
    ] == []
