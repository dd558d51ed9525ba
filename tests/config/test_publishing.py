"""What is served in an environment changes by versions: compared, compiled, written together."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.config.errors import ApprovalRequiredError, DefinitionRefusedError
from apps.config.models import Environment, FeatureFlag, FlagState, FlagVersion, Origin
from apps.config.services.changes import Change
from apps.config.services.environments import create_environment, default, delete_environment
from apps.config.services.flags import archive_flag, create_flag, delete_flag, unarchive_flag
from apps.config.services.killing import kill_flag, restore_flag
from apps.config.services.publishing import publish
from apps.config.services.segments import create_segment
from apps.config.services.snapshots import Snapshots, snapshots
from contracts.config import EnvironmentPublished, FlagPublished
from kernel.errors import ConflictError, NotFoundError
from kernel.identity.models import Tenant
from kernel.tenancy.context import current_tenant_id, in_tenant
from kernel.testing.events import published
from kernel.testing.tenants import make_tenant
from tests.config.definitions import boolean, live, put

pytestmark = pytest.mark.usefixtures("tenant")


def value(key: str, environment: str | None = None) -> object:
    return snapshots.get(current_tenant_id(), environment).flags.evaluate(key).value


def history(flag: FeatureFlag) -> list[tuple[int, str, str]]:
    rows = FlagVersion.objects.filter(flag_id=flag.pk).order_by("id")
    return [(row.number, row.origin, row.reason) for row in rows]


def test_a_flag_does_what_was_published_last() -> None:
    flag = live("dark-mode")

    put(flag, boolean("on"), reason="launch", base=1)

    assert value("dark-mode") is True
    assert history(flag) == [(1, "edit", ""), (2, "edit", "launch")]
    assert Environment.objects.get().revision == 2


def test_what_was_written_is_kept_to_the_character() -> None:
    text = '{"variants": {"b": 1.0, "a":2.50}, "state":"ENABLED",  "defaultVariant": "b"}'
    flag = live("size", text)

    assert FlagVersion.objects.get().definition == text
    assert repr(value("size")) == "1.0"
    flag.refresh_from_db()
    assert flag.type == "number"


def test_publishing_is_told_with_its_revision() -> None:
    flag = live("dark-mode")
    there = default()

    told = [one for one in published() if isinstance(one, FlagPublished | EnvironmentPublished)]

    assert told == [
        EnvironmentPublished(environment_id=str(there.pk), key="production", revision=1),
        FlagPublished(
            flag_id=str(flag.pk),
            key="dark-mode",
            environment_id=str(there.pk),
            environment="production",
            version=1,
            revision=1,
            origin="edit",
            removed=False,
        ),
    ]


def test_a_change_of_an_older_version_is_refused_and_names_the_current_one() -> None:
    flag = live("dark-mode")
    put(flag, boolean("on"), base=1)
    told = len(published())

    with pytest.raises(
        ConflictError, match="'dark-mode' is at version 2, and this was made from version 1"
    ):
        put(flag, boolean("off", metadata={"a": 1}), base=1)

    assert value("dark-mode") is True
    assert len(published()) == told


def test_saying_the_same_again_changes_nothing() -> None:
    flag = live("dark-mode")

    again = put(flag, boolean())

    assert (again.revision, again.versions) == (1, [None])
    assert history(flag) == [(1, "edit", "")]


def test_of_several_changes_one_bad_one_keeps_all_from_happening() -> None:
    good, bad = live("good"), live("bad")

    with pytest.raises(DefinitionRefusedError) as refused:
        publish(
            None,
            [
                Change(target=good, definition=boolean("on")),
                Change(target=bad, definition=boolean("none")),
            ],
        )

    assert str(refused.value) == "/flags/bad/defaultVariant: 'none' is no variant"
    assert (value("good"), value("bad")) == (False, False)
    assert Environment.objects.get().revision == 2


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("{", "/flags/a~1b: "),
        ('{"variants": {}}', "/flags/a~1b/variants: variants are an object with at least one"),
        ('{"variants": {"a": 1, "a": 2}}', "/flags/a~1b: the key 'a' comes twice in one object"),
        (boolean(targeting={"nope": []}), "/flags/a~1b/targeting: there is no operator 'nope'"),
        (
            boolean(targeting={"if": [{"septet.flag": "a/b"}, "on"]}),
            "/flags/a~1b/targeting: the rule goes in a circle: a/b > a/b",
        ),
        (json.dumps({"pad": "x" * 1_000_001}), "/flags/a~1b: 1000012 bytes; at most 1000000"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(definition: str, reason: str) -> None:
    flag = create_flag(key="a/b")

    with pytest.raises(DefinitionRefusedError) as refused:
        put(flag, definition)

    assert str(refused.value).startswith(reason)
    assert history(flag) == []


def test_a_circle_over_two_flags_is_refused_where_it_closes() -> None:
    first = live("first")
    live("second", boolean(targeting={"if": [{"septet.flag": "first"}, "on"]}))

    with pytest.raises(DefinitionRefusedError, match=r"/flags/first/targeting: .*circle"):
        put(first, boolean(targeting={"if": [{"septet.flag": "second"}, "on"]}))

    assert value("second") is False


def test_a_flag_that_others_depend_on_is_neither_archived_nor_deleted() -> None:
    first = live("first")
    live("second", boolean(targeting={"if": [{"septet.flag": "first"}, "on"]}))

    for remove in (archive_flag, delete_flag):
        with pytest.raises(DefinitionRefusedError, match=r"/flags/second/.*no flag 'first'"):
            remove(id=str(first.pk))

    assert value("first") is False
    assert FeatureFlag.objects.filter(archived_at=None).count() == 2


def test_what_was_broken_before_hinders_nobody_else() -> None:
    broken, other = live("broken"), live("other")
    row = FlagState.objects.get(flag=broken)
    # As a restored row, or one from before a limit was lowered.
    row.version = FlagVersion.objects.create(
        flag_id=broken.pk,
        environment_id=row.environment_id,
        number=2,
        definition='{"variants": {}}',
        revision=2,
        origin=Origin.IMPORT,
    )
    row.save()
    Environment.objects.update(revision=9)

    done = put(other, boolean("on"))

    found = snapshots.get(current_tenant_id()).flags
    assert found.evaluate("other").value is True
    assert found.evaluate("broken").error_code == "PARSE_ERROR"
    assert [one.place for one in done.warnings if one.severity == "error"] == [
        "/flags/broken/variants"
    ]


def test_the_type_of_a_flag_is_that_of_its_first_definition() -> None:
    flag = live("dark-mode")
    create_environment(key="test")

    with pytest.raises(
        DefinitionRefusedError,
        match="/flags/dark-mode/variants: to programs the flag is a boolean, and these are a str",
    ):
        put(flag, '{"variants": {"a": "x"}, "state": "ENABLED"}', environment="test")


def test_environments_know_nothing_of_each_other() -> None:
    flag = live("dark-mode")
    create_environment(key="test")

    put(flag, boolean("on"), environment="test")

    assert (value("dark-mode"), value("dark-mode", "test")) == (False, True)
    assert [row.number for row in FlagVersion.objects.order_by("id")] == [1, 1]


def test_in_an_environment_with_approvals_nothing_is_published_at_once() -> None:
    create_environment(key="production", approvals_required=2)
    flag = create_flag(key="dark-mode")

    with pytest.raises(ApprovalRequiredError, match="a change in 'production' takes 2 approvals"):
        put(flag, boolean())

    assert history(flag) == []


def test_an_archived_flag_is_nowhere_and_comes_back_by_its_history() -> None:
    flag = live("dark-mode")

    archive_flag(id=str(flag.pk), reason="rolled out")
    archive_flag(id=str(flag.pk))
    gone = snapshots.get(current_tenant_id()).flags.evaluate("dark-mode")
    with pytest.raises(ConflictError, match="'dark-mode' is archived"):
        put(flag, boolean())
    unarchive_flag(id=str(flag.pk))
    put(flag, boolean())

    assert gone.error_code == "FLAG_NOT_FOUND"
    assert history(flag) == [(1, "edit", ""), (2, "archive", "rolled out"), (3, "edit", "")]


def test_a_killed_flag_leaves_it_to_the_caller_until_it_is_restored() -> None:
    flag = live("dark-mode", boolean("on"))

    for _ in range(2):
        kill_flag(id=str(flag.pk), reason="errors")
    killed = snapshots.get(current_tenant_id()).flags.evaluate("dark-mode")
    put(flag, boolean("on", metadata={"edited": True}))
    still = value("dark-mode")
    restore_flag(id=str(flag.pk))

    assert (killed.value, killed.reason, still) == (None, "DISABLED", None)
    assert value("dark-mode") is True
    # Killing and restoring are no versions, but revisions.
    assert [number for number, _, _ in history(flag)] == [1, 2]
    assert Environment.objects.get().revision == 4


def test_a_killed_flag_is_off_in_memory_from_the_commit_on(
    django_capture_on_commit_callbacks: Any,
) -> None:
    flag = live("dark-mode", boolean("on"))

    found = []
    for turn in (kill_flag, restore_flag):
        with django_capture_on_commit_callbacks(execute=True):
            turn(id=str(flag.pk))
        with CaptureQueriesContext(connection) as queries:
            found.append(value("dark-mode"))
        assert not [one for one in queries.captured_queries if "definition" in one["sql"]]

    assert found == [None, True]


def test_a_flag_that_is_not_live_is_not_killed() -> None:
    flag = create_flag(key="dark-mode")

    with pytest.raises(ConflictError, match="'dark-mode' is not live in 'production'"):
        kill_flag(id=str(flag.pk))


def test_a_version_is_never_changed_and_goes_with_its_flag_only() -> None:
    flag = live("dark-mode")

    for refused in (
        lambda: FlagVersion.objects.update(reason="x"),
        lambda: FlagVersion.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            refused()
    assert history(flag) == [(1, "edit", "")]

    delete_flag(id=str(flag.pk))
    assert FlagVersion.objects.count() == 0


def test_an_environment_goes_with_its_history() -> None:
    flag = live("dark-mode")
    other = create_environment(key="test")
    put(flag, boolean("on"), environment="test")

    delete_environment(id=str(other.pk))

    assert history(flag) == [(1, "edit", "")]
    with pytest.raises(NotFoundError, match="no environment test"):
        value("dark-mode", "test")


def test_another_tenants_flag_is_not_published() -> None:
    with in_tenant(make_tenant().pk):
        theirs = create_flag(key="dark-mode")

    with pytest.raises(NotFoundError, match="no feature flag"):
        put(theirs, boolean())

    assert FlagVersion.across_tenants.count() == 0


def test_publishing_costs_the_same_however_much_is_there() -> None:
    first = live("first")
    few = _queries(lambda: put(first, boolean("on")))
    for number in range(20):
        live(f"more-{number}")

    assert _queries(lambda: put(first, boolean("off"))) == few
    # The savepoint; environment, flag, state; three of what is live, to compile it; revision with
    # its event, version, state, event; who may see what; the savepoint.
    assert few == 15


def _queries(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


def test_segments_are_published_as_flags_are() -> None:
    segment = create_segment(key="staff")
    flag = create_flag(key="dark-mode")

    publish(
        None,
        [
            Change(target=segment, definition='{"members": ["ann"]}'),
            Change(
                target=flag,
                definition=boolean(targeting={"if": [{"septet.segment": "staff"}, "on"]}),
            ),
        ],
    )

    flags = snapshots.get(current_tenant_id()).flags
    assert flags.evaluate("dark-mode", {"targetingKey": "ann"}).value is True
    assert flags.evaluate("dark-mode", {"targetingKey": "bob"}).value is False


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_a_thousand_edits_at_once_none_is_lost(tenant: Tenant) -> None:
    """Each adds its own number to what it has read, and tries again when it lost the race."""
    empty = '{"variants": {"all": {"found": []}}, "defaultVariant": "all", "state": "ENABLED"}'
    flags = [live(f"numbers-{number}", empty) for number in range(10)]
    edits, threads = 1_000, 8
    lost: list[int] = []

    def edit(number: int) -> None:
        flag = flags[number // threads % len(flags)]
        state = FlagState.objects.select_related("version").get(flag=flag)
        assert state.version is not None
        definition = json.loads(state.version.definition)
        definition["variants"]["all"]["found"].append(number)
        try:
            put(flag, json.dumps(definition), base=state.number)
        except ConflictError:
            lost.append(number)
            edit(number)

    def work(first: int) -> None:
        with in_tenant(tenant.pk):
            for number in range(first, edits, threads):
                edit(number)
        connection.close()

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))

    found = [one.value["found"] for one in Snapshots().get(tenant.pk).flags.evaluate_all()]
    assert sorted(number for each in found for number in each) == list(range(edits))
    assert FlagVersion.objects.count() == edits + len(flags)
    assert Environment.objects.get().revision == edits + len(flags)
    assert lost
