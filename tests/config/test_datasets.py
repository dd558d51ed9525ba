"""Flags, segments and configurations as rows: brought out and in again, by their own rules."""

import json
from typing import Any

import pytest

from apps.config.models import (
    Configuration,
    ConfigurationVersion,
    Environment,
    FeatureFlag,
    FlagVersion,
    Segment,
)
from apps.config.selectors.places import Place
from apps.config.services.configurations import create_configuration
from apps.config.services.environments import create_environment, update_environment
from apps.config.services.flags import archive_flag, update_flag
from apps.config.services.segments import change_members, create_segment
from apps.config.services.values import Saying, say
from contracts.config import FlagCreated, FlagDeleted
from contracts.datasets import Mode, Row
from kernel.datasets.services import apply_batch, undo_batch
from kernel.errors import ForbiddenError
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as, in_tenant
from kernel.testing.datasets import exported, importable, imported, somebody, statements
from kernel.testing.events import told
from kernel.testing.tenants import make_tenant
from tests.config.definitions import boolean, live, put

FLAGS, SEGMENTS, CONFIGURATIONS = "config.flags", "config.segments", "config.configurations"


@pytest.fixture
def flags(tenant: Tenant) -> None:
    """Flags in two environments: one by a segment, one archived, one that is nowhere."""
    for key in ("production", "staging"):
        create_environment(key=key)
    segment = create_segment(key="beta", name="Beta", description="who tries")
    change_members(id=str(segment.pk), environment="production", add=["u-1", "u-2"])
    rule = {"if": [{"septet.segment": "beta"}, "on", "off"]}
    new = live("new-search", boolean(targeting=rule), environment="production")
    put(new, boolean("on"), environment="staging")
    update_flag(id=str(new.pk), description="Search", tags=["web"], client_visible=True)
    archive_flag(id=str(live("old", environment="staging").pk))
    live("theme", json.dumps(
        {"state": "ENABLED", "variants": {"a": 1.0, "b": 2.5}, "defaultVariant": "a"}
    ), environment="staging")  # fmt: skip


def other_tenant(*environments: str) -> Tenant:
    """Make a tenant with these environments."""
    tenant = make_tenant()
    with in_tenant(tenant.pk):
        for key in environments:
            create_environment(key=key)
    return tenant


@pytest.mark.usefixtures("flags")
def test_what_was_exported_is_there_already_and_the_same_elsewhere(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)):
        segments, flags = exported(SEGMENTS), exported(FLAGS)
        assert imported(SEGMENTS, segments) == ["unchanged"]
        assert imported(FLAGS, flags) == ["unchanged"] * 3

    assert [(row["key"], sorted(row["definitions"])) for row in flags] == [
        ("new-search", ["production", "staging"]),
        ("old", []),
        ("theme", ["staging"]),
    ]
    assert segments[0]["definitions"] == {"production": {"members": ["u-1", "u-2"]}}
    with acting_as(somebody(other_tenant("production", "staging").pk)):
        assert imported(SEGMENTS, segments) == ["inserted"]
        assert imported(FLAGS, flags) == ["inserted"] * 3
        assert importable(FLAGS, exported(FLAGS)) == importable(FLAGS, flags)
        assert importable(SEGMENTS, exported(SEGMENTS)) == importable(SEGMENTS, segments)


def test_who_has_made_no_environment_has_production(tenant: Tenant) -> None:
    definition = json.loads(boolean())
    rows = [
        {"key": "a", "definitions": {"production": definition}},
        {"key": "b", "definitions": {"staging": definition}},
    ]

    with acting_as(somebody(tenant.pk)):
        assert imported(FLAGS, rows) == ["inserted", "refused NOT_FOUND"]

    assert list(Environment.objects.values_list("key", flat=True)) == ["production"]
    assert list(FeatureFlag.objects.values_list("key", flat=True)) == ["a"]


@pytest.mark.usefixtures("flags")
def test_a_batch_is_one_change_of_each_environment_and_bad_flags_stay_out(
    tenant: Tenant,
) -> None:
    definition = json.loads(boolean("on"))
    rows: list[Row] = [
        {"key": "new-search", "definitions": {"staging": definition}},
        {"key": "more", "definitions": {"staging": definition}},
        {"key": "bad", "definitions": {"staging": {"state": "PERHAPS"}}},
        {"key": "theme", "definitions": {"staging": definition}},
        {"key": "odd", "definitions": ["staging"]},
    ]
    before = Environment.objects.get(key="staging").revision

    with acting_as(somebody(tenant.pk)):
        outcomes = imported(FLAGS, rows[:2], batch="b-1")
        after = Environment.objects.get(key="staging").revision
        refused = imported(FLAGS, rows[2:])
        undone = undo_batch(FLAGS, batch="b-1")
        found = {row["key"]: sorted(row["definitions"]) for row in exported(FLAGS)}

    assert outcomes == ["updated", "inserted"]
    assert after == before + 1
    assert refused == [
        "refused CONFIG_DEFINITION_REFUSED",
        "refused CONFIG_DEFINITION_REFUSED",
        "refused INVALID_INPUT",
    ]
    assert undone.undone == 2
    assert found == {"new-search": ["production", "staging"], "old": [], "theme": ["staging"]}
    assert [one.key for one in told(FlagDeleted)] == ["more"]
    assert {one.origin for one in FlagVersion.objects.filter(reason="import")} == {"import"}


@pytest.mark.usefixtures("flags")
def test_what_others_have_to_approve_of_is_refused(tenant: Tenant) -> None:
    staging = Environment.objects.get(key="staging")
    update_environment(id=str(staging.pk), approvals_required=1)
    row = {"key": "new-search", "description": "x", "definitions": {}}

    with acting_as(somebody(tenant.pk)):
        assert imported(FLAGS, [row]) == ["refused CONFIG_APPROVAL_REQUIRED"]
        assert imported(FLAGS, [{"key": "new-search", "description": "y"}]) == ["updated"]

    assert FeatureFlag.objects.get(key="new-search").description == "y"


@pytest.mark.usefixtures("flags")
def test_a_flag_is_archived_and_had_back(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)):
        before = exported(FLAGS)
        definitions = {"staging": json.loads(boolean())}
        assert imported(
            FLAGS,
            [
                {"key": "theme", "archived": True},
                {"key": "old", "archived": False, "definitions": definitions},
                {"key": "new-search", "archived": True, "definitions": definitions},
            ],
            batch="b-1",
        ) == ["updated", "updated", "refused INVALID_INPUT"]
        assert undo_batch(FLAGS, batch="b-1").undone == 2
        assert importable(FLAGS, exported(FLAGS)) == importable(FLAGS, before)


@pytest.mark.usefixtures("flags")
def test_a_segment_that_flags_use_is_not_deleted(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)):
        assert imported(SEGMENTS, [{"key": "beta"}], mode=Mode.DELETE) == [
            "refused CONFIG_DEFINITION_REFUSED"
        ]
        assert imported(FLAGS, [{"key": "new-search"}], mode=Mode.DELETE) == ["deleted"]
        assert imported(SEGMENTS, [{"key": "beta"}], mode=Mode.DELETE, batch="s") == ["deleted"]
        assert undo_batch(SEGMENTS, batch="s").undone == 1
        assert len(exported(SEGMENTS)) == 1
    assert Segment.objects.get().description == "who tries"


@pytest.mark.usefixtures("flags")
def test_a_dry_run_publishes_and_tells_nothing(tenant: Tenant) -> None:
    rows = [{"key": "x", "definitions": {"staging": json.loads(boolean())}}]
    before = (FlagVersion.objects.count(), len(told(FlagCreated)))

    with acting_as(somebody(tenant.pk)):
        [result] = apply_batch(FLAGS, batch="b", mode=Mode.UPSERT, rows=rows, dry=True)

    assert result.done == "inserted"
    assert (FlagVersion.objects.count(), len(told(FlagCreated))) == before


def said(tenant: Tenant, key: str, value: Any, environment: str, service: str = "") -> None:
    say(Place(tenant.pk, environment, service), [Saying(key=key, value=json.dumps(value))])


@pytest.fixture
def configurations(tenant: Tenant) -> None:
    """Configurations with values in places, and a secret."""
    for key in ("production", "staging"):
        create_environment(key=key)
    schema = '{"maximum": 100}'
    create_configuration(key="mail.batch", type="integer", schema=schema, owner="mail")
    create_configuration(key="search.index", type="object", merge=True, description="where")
    create_configuration(key="mail.password", type="string", secret=True)
    said(tenant, "mail.batch", 50, "production")
    said(tenant, "mail.batch", 5, "staging", "worker")
    said(tenant, "search.index", {"size": 1.0, "name": "é"}, "staging")
    said(tenant, "mail.password", "hunter2", "production")


@pytest.mark.usefixtures("configurations")
def test_configurations_are_exported_and_the_same_elsewhere_without_secrets(
    tenant: Tenant,
) -> None:
    with acting_as(somebody(tenant.pk)):
        rows = exported(CONFIGURATIONS)
        assert imported(CONFIGURATIONS, rows) == ["unchanged"] * 3

    assert "hunter2" not in json.dumps(rows)
    assert [(row["key"], row["values"]) for row in rows] == [
        ("mail.batch", {"production": 50, "staging/worker": 5}),
        ("mail.password", {}),
        ("search.index", {"staging": {"size": 1.0, "name": "é"}}),
    ]
    with acting_as(somebody(other_tenant("production", "staging").pk)):
        assert imported(CONFIGURATIONS, rows) == ["inserted"] * 3
        again = exported(CONFIGURATIONS)
    assert importable(CONFIGURATIONS, again) == importable(CONFIGURATIONS, rows)


@pytest.mark.usefixtures("configurations")
def test_values_are_said_by_the_rules_of_their_configuration(tenant: Tenant) -> None:
    rows = [
        {"key": "mail.batch", "values": {"production": 60, "staging": 7}},
        {"key": "search.index", "values": {"staging": "no object"}},
        {"key": "mail.password", "values": {"production": "x"}},
        {"key": "new.limit", "type": "integer", "values": {"production": 1}},
        {"key": "late.limit", "values": {}},
    ]

    with acting_as(somebody(tenant.pk)):
        outcomes = imported(CONFIGURATIONS, rows, batch="b-1")
        other = imported(CONFIGURATIONS, [{"key": "mail.batch", "type": "string"}])
        changed = {row["key"]: row["values"] for row in exported(CONFIGURATIONS)}
        assert undo_batch(CONFIGURATIONS, batch="b-1").undone == 2
        after = {row["key"]: row["values"] for row in exported(CONFIGURATIONS)}

    assert outcomes == [
        "updated",
        "refused CONFIG_DEFINITION_REFUSED",
        "refused INVALID_INPUT",
        "inserted",
        "refused INVALID_INPUT",
    ]
    assert other == ["refused CONFLICT"]
    assert changed["mail.batch"] == {"production": 60, "staging": 7}
    assert after == {
        "mail.batch": {"production": 50, "staging/worker": 5},
        "mail.password": {},
        "search.index": {"staging": {"size": 1.0, "name": "é"}},
    }
    assert ConfigurationVersion.objects.filter(origin="import").count() == 7


@pytest.mark.usefixtures("configurations")
def test_what_no_undo_brings_back_is_not_deleted(tenant: Tenant) -> None:
    rows = [{"key": "mail.password"}, {"key": "mail.batch"}]

    with acting_as(somebody(tenant.pk)):
        assert imported(CONFIGURATIONS, rows, mode=Mode.DELETE, batch="b-1") == [
            "refused CONFLICT",
            "deleted",
        ]
        assert undo_batch(CONFIGURATIONS, batch="b-1").undone == 1
        [batch, *_] = exported(CONFIGURATIONS)

    assert batch["values"] == {"production": 50, "staging/worker": 5}
    assert batch["schema"] == '{"maximum": 100}'


@pytest.mark.usefixtures("configurations")
def test_who_may_not_say_secrets_makes_none(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk, "config:read", "config:write")):
        assert imported(CONFIGURATIONS, [{"key": "mail.password", "owner": "x"}]) == [
            "refused FORBIDDEN"
        ]
    assert Configuration.objects.get(key="mail.password").owner == ""


@pytest.mark.usefixtures("flags")
@pytest.mark.parametrize("name", [FLAGS, SEGMENTS, CONFIGURATIONS])
def test_who_may_not_read_or_write_does_not(tenant: Tenant, name: str) -> None:
    with acting_as(somebody(tenant.pk, "config:evaluate")):
        with pytest.raises(ForbiddenError, match="config:read"):
            exported(name)
        with pytest.raises(ForbiddenError, match="config:write"):
            imported(name, [{"key": "beta"}])
    with acting_as(somebody(make_tenant().pk)):
        assert exported(name) == []


@pytest.mark.usefixtures("flags")
def test_a_page_takes_as_many_statements_for_many(tenant: Tenant) -> None:
    for key in ("a", "b", "c"):
        create_configuration(key=key, type="string")
        said(tenant, key, "x", "staging")

    with acting_as(somebody(tenant.pk)):
        for name in (FLAGS, CONFIGURATIONS):
            assert [statements(name, size=size) for size in (1, 3)] == [2, 2]
