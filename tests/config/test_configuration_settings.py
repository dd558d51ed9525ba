"""Dynamic settings of the platform: said by operators, read by every process."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.config.domain.configuration.layering import Layer
from apps.config.errors import DefinitionRefusedError
from apps.config.models import Configuration, ConfigurationVersion
from apps.config.selectors.places import place_at
from apps.config.selectors.settings import Here
from apps.config.services.configurations import create_configuration
from apps.config.services.values import Saying, say
from kernel.dynamic.declaring import Setting, integer
from kernel.dynamic.following import Loaded, values
from kernel.dynamic.remote import Remote
from kernel.errors import ConflictError
from kernel.federation.execution import Endpoint
from kernel.identity.models import Tenant
from kernel.mesh.client import Mesh
from kernel.tenancy.context import PLATFORM, in_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def size(monkeypatch: pytest.MonkeyPatch) -> Setting[int]:
    """A setting that an app declares, and no other."""
    declared: dict[str, Setting[Any]] = {}
    for module in (
        "kernel.dynamic.declaring",
        "apps.config.selectors.configurations",
        "apps.config.selectors.settings",
        "apps.config.services.configurations",
        "apps.config.management.commands.config_setting",
    ):
        monkeypatch.setattr(f"{module}.REGISTRY", declared)
    return integer("audit.size", default=5, description="Size.", at_least=1, at_most=9)


def says(value: Any) -> None:
    say(place_at(Layer.GLOBAL), [Saying(key="audit.size", value=json.dumps(value))])


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("config_setting", *arguments, stdout=out)
    return out.getvalue()


def test_the_process_that_says_it_has_it_from_the_commit_on(
    size: Setting[int], django_capture_on_commit_callbacks: Any
) -> None:
    values.look()
    with django_capture_on_commit_callbacks(execute=True):
        says(7)
        assert size.value() == 5

    assert size.value() == 7


def test_what_is_out_of_bounds_is_refused(size: Setting[int]) -> None:
    for bad in (10, 0, "5", 5.0, [5]):
        with pytest.raises(DefinitionRefusedError, match=r"/audit\.size"):
            says(bad)

    with in_tenant(PLATFORM):
        assert ConfigurationVersion.objects.count() == 0
        assert Configuration.objects.count() == 0


def test_what_is_shared_with_tenants_is_no_setting(size: Setting[int]) -> None:
    create_configuration(key="mail.host", type="string", shared=True)
    say(place_at(Layer.GLOBAL), [Saying(key="mail.host", value='"a"')])
    says(7)

    found = Here().load(0)

    assert found == Loaded(3, {"audit.size": 7})
    assert Here().load(3) is None
    with pytest.raises(ConflictError):
        create_configuration(key="audit.size", type="integer", shared=True)


def test_another_process_asks_over_the_mesh(
    size: Setting[int], tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    mesh = Mesh()
    mesh.serve_here(_config_endpoint)
    monkeypatch.setattr("kernel.dynamic.remote.mesh", mesh)
    says(7)

    assert Remote().load(-1) == Loaded(1, {"audit.size": 7})
    assert Remote().load(1) is None


def _config_endpoint(name: str) -> Endpoint:
    from project.graph import service_endpoint  # noqa: PLC0415  knows every app

    return service_endpoint(name)


def test_the_command_shows_says_and_takes_back(size: Setting[int]) -> None:
    assert run() == "audit.size: 5 (as declared)\n"
    assert run("audit.size", "7", "--reason", "more") == "audit.size: 7 (version 1)\n"
    assert json.loads(run("--json")) == {"key": "audit.size", "value": 7, "version": 1}
    assert run("audit.size", "--default") == "audit.size: 5 (as declared)\n"
    with in_tenant(PLATFORM):
        reasons = ConfigurationVersion.objects.order_by("number").values_list("reason", flat=True)
        assert list(reasons) == ["more", ""]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none"], "no dynamic setting none"),
        (["audit.size", "10"], "/audit.size: 10 is greater than the maximum of 9"),
        (["audit.size", "x"], "/audit.size"),
        (["audit.size", "7", "--default"], "a key and its value, or a key and --default"),
        (["--default"], "a key and its value, or a key and --default"),
    ],
)
def test_the_command_refuses_what_means_nothing(
    size: Setting[int], arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        run(*arguments)

    with in_tenant(PLATFORM):
        assert ConfigurationVersion.objects.count() == 0
