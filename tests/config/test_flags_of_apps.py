"""Flags that apps ask for themselves: from here, from another process, and while that is away."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.config.domain.tallies import Tallies
from apps.config.models import FlagState, FlagUsage
from apps.config.services import usage
from apps.config.services.counting import Here, tallies
from apps.config.services.snapshots import snapshots
from kernel.dynamic.flagging import Flags, flag
from kernel.errors import UnavailableError
from kernel.federation.execution import Endpoint
from kernel.identity.models import Tenant
from kernel.mesh.client import Mesh
from kernel.observability.health import DegradedError
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_tenant
from project.flag_usage import UsageReports
from project.flags import RemoteFlags
from tests.config.definitions import boolean, live, put
from tests.config.test_requests import by

pytestmark = [pytest.mark.usefixtures("tenant"), pytest.mark.django_db]

FOR_ANN = {"if": [{"==": [{"var": "targetingKey"}, "ann"]}, "on"]}


def test_an_app_asks_by_key_with_a_default() -> None:
    live("files.preview", boolean(targeting=FOR_ANN))

    with by("ann"):
        assert flag("files.preview", False) is True
    with by("bob"):
        assert flag("files.preview", True) is False
        assert flag("files.preview", True, {"targetingKey": "ann"}) is True
        assert flag("none", "blue") == "blue"
        # Of another type it is the default.
        assert flag("files.preview", 7) == 7


def test_without_a_tenant_or_an_environment_it_is_the_default(tenant: Tenant) -> None:
    live("files.preview", boolean("on"))
    with in_tenant(make_tenant().pk):
        assert flag("files.preview", False) is False
    assert Flags().value("files.preview", False) is False


def test_to_ask_asks_no_database(tenant: Tenant) -> None:
    live("files.preview", boolean("on"))
    # What this thread has changed in a transaction is read anew each time.
    snapshots._changed_here.ids = frozenset()
    snapshots.get(tenant.pk)

    with CaptureQueriesContext(connection) as queries:
        found = {flag("files.preview", False) for _ in range(100)}

    assert found == {True}
    assert len(queries) == 0


def test_flags_never_fail_their_app(tenant: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    class Away:
        def value(self, _tenant_id: UUID, _key: str, _context: Any, _kind: str) -> Any:
            raise UnavailableError("away")

    flags = Flags()
    flags.come_from(Away())

    assert [flags.value("a", True) for _ in range(3)] == [True] * 3
    assert caplog.text.count("flags have their defaults: away") == 1
    flags.come_from(Here())
    assert flags.value("a", True) is True


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Mesh:
    """The config app, as another process asks it."""
    mesh = Mesh()
    mesh.serve_here(_endpoint)
    monkeypatch.setattr("project.flags.mesh", mesh)
    return mesh


def _endpoint(name: str) -> Endpoint:
    from project.graph import service_endpoint  # noqa: PLC0415  knows every app

    return service_endpoint(name)


def _value(remote: RemoteFlags, tenant: Tenant, who: str = "ann") -> Any:
    return remote.value(tenant.pk, "files.preview", {"targetingKey": who}, "boolean")


def test_another_process_evaluates_what_it_has_fetched(tenant: Tenant, config: Mesh) -> None:
    made = live("files.preview", boolean(targeting=FOR_ANN))
    remote = RemoteFlags()

    assert (_value(remote, tenant), _value(remote, tenant, "bob")) == (True, False)
    with CaptureQueriesContext(connection) as queries:
        assert [_value(remote, tenant) for _ in range(100)] == [True] * 100
    assert len(queries) == 0
    put(made, boolean("off"))
    remote.look()
    assert _value(remote, tenant) is False
    assert remote.check() == "of 1 tenants"
    assert _value(remote, make_tenant()) is None


def test_while_config_is_away_the_last_good_flags_hold(
    tenant: Tenant, config: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = live("files.preview", boolean("on"))
    remote = RemoteFlags()
    assert _value(remote, tenant) is True
    query = config.query

    def away(*_words: Any, **_more: Any) -> Any:
        raise UnavailableError("away")

    monkeypatch.setattr(config, "query", away)
    remote.look()
    assert _value(remote, tenant) is True
    with pytest.raises(DegradedError, match="stale since"):
        remote.check()
    # Who never had an answer has none, and does not wait for one each time.
    assert [_value(remote, make_tenant()) for _ in range(3)] == [None] * 3

    monkeypatch.setattr(config, "query", query)
    put(made, boolean("off"))
    remote.look()
    assert _value(remote, tenant) is False


def test_old_flags_are_renewed_beside_those_who_ask(
    tenant: Tenant, config: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    live("files.preview", boolean("on"))
    remote = RemoteFlags()
    assert _value(remote, tenant) is True
    renewed: list[UUID] = []
    monkeypatch.setattr("project.flags.LOOK_SECONDS", 0.0)
    monkeypatch.setattr("project.flags._ask", lambda tenant_id, _after: renewed.append(tenant_id))

    assert _value(remote, tenant) is True

    eventually(lambda: renewed == [tenant.pk])


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_memory_of_tenants_is_bounded(config: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("project.flags.MOST_TENANTS", 2)
    remote = RemoteFlags()

    for _ in range(4):
        _value(remote, make_tenant())

    with pytest.raises(DegradedError, match="of 2 tenants"):
        remote.check()


def _counted() -> list[tuple[Any, ...]]:
    return sorted(
        FlagUsage.objects.values_list("variant", "reason", "error_code", "way", "evaluations")
    )


def test_what_apps_are_answered_counts_as_use_of_a_flag() -> None:
    tallies.take()
    live("files.preview", boolean(targeting=FOR_ANN))
    with by("ann"):
        for _ in range(3):
            flag("files.preview", False)
        flag("files.preview", 7)
        flag("none", "blue")

    usage.Writer(tallies).write()

    assert _counted() == [
        ("", "ERROR", "TYPE_MISMATCH", "single", 1),
        ("on", "TARGETING_MATCH", "", "single", 3),
    ]
    assert FlagState.objects.get().evaluated_at is not None


def test_what_another_process_has_answered_is_told_to_config_once(
    tenant: Tenant, config: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    live("files.preview", boolean(targeting=FOR_ANN))
    remote = RemoteFlags()
    monkeypatch.setattr("project.flag_usage.mesh", config)
    reports = UsageReports(remote.answered)
    told: list[dict[str, Any]] = []
    query = config.query

    def cut(*words: Any, **sent: Any) -> Any:
        told.append(sent)
        query(*words, **sent)
        raise UnavailableError("nobody has heard of it")

    for who in ("ann", "ann", "bob"):
        _value(remote, tenant, who)
    monkeypatch.setattr(config, "query", cut)
    reports.write()
    _value(remote, tenant)
    # Nothing new is told before the last was answered.
    reports.write()
    assert [sent["batch"] for sent in told] == [1, 1]
    monkeypatch.setattr(config, "query", query)
    reports.write()
    reports.write()

    assert _counted() == [
        ("off", "DEFAULT", "", "reported", 1),
        ("on", "TARGETING_MATCH", "", "reported", 3),
    ]


def test_usage_that_config_refuses_holds_up_nothing(
    tenant: Tenant, config: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    live("files.preview", boolean("on"))
    monkeypatch.setattr("project.flag_usage.mesh", config)
    counted = Tallies()
    nowhere = make_tenant().pk
    counted.add(nowhere, nowhere, [(("files.preview", "on", "STATIC", None, "single"), 1)])
    counted.add(tenant.pk, tenant.pk, [(("files.preview", "on", "STATIC", None, "single"), 1)])

    UsageReports(counted).write()

    assert _counted() == [("on", "STATIC", "", "reported", 1)]
