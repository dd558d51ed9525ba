"""Flags that have had their day: suspected, then stale, told of once; what is needed is kept."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.config.domain.staleness import (
    Facts,
    Reason,
    Rules,
    Stage,
    There,
    is_settled,
    judge,
    needed_by,
)
from apps.config.models import Environment, FeatureFlag, FlagLife, FlagState
from apps.config.services import staleness
from apps.config.services.changes import Change
from apps.config.services.environments import create_environment
from apps.config.services.flags import archive_flag, create_flag, unarchive_flag
from apps.config.services.publishing import publish
from apps.config.services.segments import create_segment
from apps.config.services.staleness import (
    describe_flag_life,
    judge_flags,
    look_at_tenants,
    note_references,
    snooze_flag,
)
from contracts.config import FlagStale
from kernel import clock
from kernel.errors import InvalidInputError, LimitExceededError
from kernel.identity.models import Tenant
from kernel.jobs.models import Job
from kernel.tenancy.context import in_tenant
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant
from tests.config.definitions import boolean, live, put

pytestmark = pytest.mark.usefixtures("tenant")

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SPLIT = {"fractional": [["on", 1], ["off", 1]]}


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def there(**more: Any) -> There:
    """Return a flag that was published long ago, and is asked for and splits yet."""
    known: dict[str, Any] = {
        "published_at": ago(90),
        "evaluated_at": ago(1),
        "others_at": ago(1),
        "only_variant_since": None,
        "settled": False,
    }
    return There(**(known | more))


def facts(*places: There, **more: Any) -> Facts:
    known: dict[str, Any] = {
        "created_at": ago(100),
        "archived": False,
        "permanent": False,
        "expected": None,
        "snoozed_until": None,
        "there": places,
        "needed": False,
    }
    return Facts(**(known | more))


QUIET = there(evaluated_at=ago(31))


@pytest.mark.parametrize(
    ("known", "reasons"),
    [
        (facts(there()), []),
        (facts(QUIET), [Reason.NOT_EVALUATED]),
        (facts(there(evaluated_at=None)), [Reason.NOT_EVALUATED]),
        (facts(QUIET, there()), []),
        (facts(there(evaluated_at=ago(31), published_at=ago(3))), []),
        # Nobody counts there: programs evaluate a file of their own.
        (facts(there(evaluated_at=None, others_at=None)), []),
        (facts(there(evaluated_at=ago(40), others_at=ago(40))), []),
        (facts(), [Reason.NOT_EVALUATED]),
        (facts(created_at=ago(5)), []),
        (facts(there(only_variant_since=ago(31))), [Reason.ONE_VARIANT]),
        (facts(there(only_variant_since=ago(29))), []),
        (facts(there(only_variant_since=ago(80), published_at=ago(2))), []),
        (facts(there(only_variant_since=ago(31)), there()), []),
        (facts(there(settled=True)), [Reason.FULLY_ROLLED_OUT]),
        (facts(there(settled=True), there()), []),
        (facts(there(settled=True, published_at=ago(2))), []),
        (facts(there(), expected=timedelta(days=99)), [Reason.OVERDUE]),
        (facts(there(), expected=timedelta(days=101)), []),
        (facts(there(), created_at=ago(181)), [Reason.OLD]),
        (facts(there(), created_at=ago(181), expected=timedelta(days=300)), []),
        # To a flag that is to stay none of this is strange, but that nobody asks for it.
        (
            facts(there(settled=True, only_variant_since=ago(90)), created_at=ago(999)),
            [Reason.ONE_VARIANT, Reason.FULLY_ROLLED_OUT, Reason.OLD],
        ),
        (
            facts(
                there(settled=True, only_variant_since=ago(90)),
                created_at=ago(999),
                permanent=True,
            ),
            [],
        ),
        (facts(QUIET, permanent=True), [Reason.NOT_EVALUATED]),
    ],
)
def test_a_flag_is_suspected_for_reasons(known: Facts, reasons: list[Reason]) -> None:
    stage = Stage.POTENTIALLY_STALE if reasons else Stage.FRESH

    assert judge(known, Stage.FRESH, ago(100), NOW, Rules()) == (stage, reasons)


@pytest.mark.parametrize(
    ("known", "stage", "since", "then"),
    [
        (facts(QUIET), Stage.POTENTIALLY_STALE, ago(13), Stage.POTENTIALLY_STALE),
        (facts(QUIET), Stage.POTENTIALLY_STALE, ago(14), Stage.STALE),
        (facts(QUIET), Stage.STALE, ago(1), Stage.STALE),
        (facts(there()), Stage.STALE, ago(1), Stage.FRESH),
        # That it is old says nothing against it yet, however long.
        (
            facts(there(), created_at=ago(900)),
            Stage.POTENTIALLY_STALE,
            ago(700),
            Stage.POTENTIALLY_STALE,
        ),
        (facts(QUIET, needed=True), Stage.STALE, ago(90), Stage.FRESH),
        (facts(QUIET, snoozed_until=ago(-1)), Stage.STALE, ago(90), Stage.FRESH),
        (facts(QUIET, snoozed_until=ago(1)), Stage.FRESH, ago(90), Stage.POTENTIALLY_STALE),
        (facts(archived=True), Stage.STALE, ago(1), Stage.CLEANED),
        (facts(archived=True), Stage.POTENTIALLY_STALE, ago(1), Stage.CLEANED),
        (facts(archived=True), Stage.FRESH, ago(1), Stage.FRESH),
    ],
)
def test_it_is_stale_after_it_was_suspected_for_long(
    known: Facts, stage: Stage, since: datetime, then: Stage
) -> None:
    assert judge(known, stage, since, NOW, Rules())[0] is then


def test_what_leaves_no_choice_is_settled() -> None:
    assert is_settled({"variants": {"a": 1, "b": 2}, "defaultVariant": "a"})
    assert is_settled({"variants": {"a": 1}, "targeting": SPLIT})
    assert not is_settled({"variants": {"a": 1, "b": 2}, "targeting": SPLIT})


def test_a_flag_is_needed_by_those_whose_rules_lead_to_it() -> None:
    definition = {
        "$evaluators": {"new": {"septet.flag": "base"}},
        "$segments": {
            "beta": {"rule": {"$ref": "new"}},
            "unused": {"rule": {"septet.flag": "other"}},
        },
        "flags": {
            "base": {"targeting": SPLIT},
            "other": {},
            "direct": {"targeting": {"if": [{"septet.flag": "base"}, "on"]}},
            "by-segment": {"targeting": {"if": [{"septet.segment": "beta"}, "on"]}},
            "far": {"targeting": {"if": [{"septet.variant": "direct"}, "on"]}},
        },
    }

    assert needed_by(definition) == {"base": ["direct", "by-segment"], "direct": ["far"]}


@pytest.fixture
def go(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the clock go on by days; before that flags are made."""
    now = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: now[0])

    def later(days: float) -> datetime:
        now[0] += timedelta(days=days)
        return now[0]

    return later


def ask_for(*keys: str) -> None:
    """Let programs have asked for these now."""
    FlagState.objects.filter(flag__key__in=keys).update(evaluated_at=clock.now())


def told() -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.key, one.stage, one.reasons) for one in published() if isinstance(one, FlagStale)]


def test_each_change_is_told_once_until_the_flag_is_cleaned(go: Any) -> None:
    flag = live("forgotten", boolean(targeting=SPLIT))
    live("used", boolean(targeting=SPLIT))
    reasons = ("not_evaluated",)
    for days in (0, 31, 1, 14, 1):
        go(days)
        ask_for("used")
        judge_flags()

    assert told() == [
        ("forgotten", "potentially_stale", reasons),
        ("forgotten", "stale", reasons),
    ]
    archive_flag(id=str(flag.pk))
    for _ in range(2):
        judge_flags()
    assert told()[2:] == [("forgotten", "cleaned", ())]


def test_a_flag_that_is_asked_for_again_is_told_to_be_fresh(go: Any) -> None:
    flag = live("forgotten", boolean(targeting=SPLIT))
    live("used", boolean(targeting=SPLIT))
    go(31)
    ask_for("used")
    judge_flags()
    go(1)
    ask_for("used", "forgotten")
    for _ in range(2):
        judge_flags()

    assert told() == [
        ("forgotten", "potentially_stale", ("not_evaluated",)),
        ("forgotten", "fresh", ()),
    ]
    assert FlagLife.objects.get(flag=flag).since == clock.now()


def test_a_prerequisite_of_a_live_flag_and_of_a_used_segment_is_kept(go: Any) -> None:
    for key in ("base", "far"):
        live(key)
    beta = create_segment(key="beta")

    publish(
        None, [Change(target=beta, definition='{"members": [], "rule": {"septet.flag": "far"}}')]
    )
    live("user", boolean(targeting={"if": [{"septet.flag": "base"}, "on"]}))
    other = live("member", boolean(targeting={"if": [{"septet.segment": "beta"}, "on"]}))
    go(40)
    ask_for("base", "far", "user", "member")
    judge_flags()

    lives = {life.key: life for life in FlagLife.objects.all()}
    assert {key: (one.stage, one.needed_by) for key, one in lives.items()} == {
        "base": ("fresh", ["user"]),
        "far": ("fresh", ["member"]),
    }
    assert lives["base"].reasons == ["fully_rolled_out"]
    assert told() == []

    put(other, None)
    archive_flag(id=str(other.pk))
    judge_flags()
    assert told() == [("far", "potentially_stale", ("fully_rolled_out",))]


def test_flags_are_judged_some_at_a_time(go: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staleness, "JUDGED_AT_ONCE", 2)
    for number in range(5):
        create_flag(key=f"flag-{number}")
    go(31)

    judge_flags()

    assert [key for key, _, _ in told()] == [f"flag-{number}" for number in range(5)]
    assert note_references({"flag-3": ["a.py:1"]}) == 4


def test_judging_takes_no_more_queries_for_more_flags(go: Any) -> None:
    costs = []
    for start, end in ((0, 2), (2, 9)):
        for number in range(start, end):
            live(f"flag-{number}")
        go(31)
        FlagLife.objects.all().delete()
        with CaptureQueriesContext(connection) as asked:
            judge_flags()
        costs.append(len(asked))

    assert costs[0] == costs[1]


def test_snoozing_makes_it_fresh_for_a_time_and_is_on_record(go: Any) -> None:
    flag = create_flag(key="forgotten")
    go(31)
    judge_flags()
    until = clock.now() + timedelta(days=10)

    life = snooze_flag(id=str(flag.pk), until=until, reason="Sale in spring")
    judge_flags()

    assert (life.stage, life.snooze_reason) == ("fresh", "Sale in spring")
    assert [stage for _, stage, _ in told()] == ["potentially_stale", "fresh"]
    go(11)
    judge_flags()
    assert [stage for _, stage, _ in told()][2:] == ["potentially_stale"]


@pytest.mark.parametrize(("days", "reason"), [(-1, "why"), (367, "why"), (1, " ")])
def test_a_snooze_that_is_none_is_refused(days: int, reason: str) -> None:
    flag = create_flag(key="forgotten")

    with pytest.raises(InvalidInputError):
        snooze_flag(id=str(flag.pk), until=clock.now() + timedelta(days=days), reason=reason)

    assert not FlagLife.objects.exists()


def test_a_temporary_flag_is_suspected_after_its_expected_life(go: Any) -> None:
    flag = live("sale", boolean(targeting=SPLIT))
    describe_flag_life(id=str(flag.pk), expected_days=20)
    go(21)
    ask_for("sale")
    judge_flags()
    assert told() == [("sale", "potentially_stale", ("overdue",))]

    describe_flag_life(id=str(flag.pk), permanent=True)
    judge_flags()

    assert told()[1:] == [("sale", "fresh", ())]


@pytest.mark.parametrize(
    "said", [{}, {"permanent": True, "expected_days": 3}, {"expected_days": 0}]
)
def test_a_life_that_is_neither_or_both_is_refused(said: dict[str, Any]) -> None:
    flag = create_flag(key="sale")

    with pytest.raises(InvalidInputError):
        describe_flag_life(id=str(flag.pk), **said)

    assert not FlagLife.objects.filter(expected_days__isnull=False).exists()


def test_an_archived_flag_that_comes_back_is_judged_again(go: Any) -> None:
    flag = create_flag(key="forgotten")
    go(31)
    judge_flags()
    archive_flag(id=str(flag.pk))
    judge_flags()
    unarchive_flag(id=str(flag.pk))
    judge_flags()

    assert [stage for _, stage, _ in told()] == [
        "potentially_stale",
        "cleaned",
        "potentially_stale",
    ]


def test_each_tenant_is_judged_by_a_job_of_its_own(tenant: Tenant) -> None:
    create_flag(key="a")
    other = make_tenant("other")
    with in_tenant(other.pk):
        create_flag(key="a")

    for _ in range(2):
        look_at_tenants()

    jobs = Job.objects.filter(name="config.judge_flags")
    assert {(job.tenant_id, job.target) for job in jobs} == {
        (one.pk, str(one.pk)) for one in (tenant, other)
    }


def test_a_scan_says_of_every_flag_whether_code_uses_it(graphql: GraphQLClient) -> None:
    for key in ("used", "unused"):
        create_flag(key=key)
    archive_flag(id=str(create_flag(key="gone").pk))
    places = [f"a.py:{line}" for line in range(30)]

    answer = graphql(
        """mutation($places: [String!]!) { reportCodeReferences(references: [
             {flag: "used", places: $places}, {flag: "none", places: ["b.py:1"]}]) }""",
        places=places,
    )

    assert answer.data == {"reportCodeReferences": 1}
    lives = graphql("{ featureFlagLives(first: 5) { nodes { key uses places scannedAt } } }").data[
        "featureFlagLives"
    ]["nodes"]
    found = {one["key"]: (one["uses"], one["places"]) for one in lives}
    assert found == {"used": (30, places[:20]), "unused": (0, [])}


def test_a_scan_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    create_flag(key="used")
    with pytest.raises(InvalidInputError, match="a place has"):
        note_references({"used": ["a" * 301]})
    monkeypatch.setattr(staleness, "MOST_SCANNED", 1)
    with pytest.raises(LimitExceededError):
        note_references({"used": [], "b": []})

    assert not FlagLife.objects.exists()


LIVES = """query($filter: FeatureFlagLifeFilter, $after: String) {
  featureFlagLives(first: 1, after: $after, filter: $filter) {
    nodes { key stage reasons neededBy flagId } pageInfo { hasNextPage endCursor } } }"""


def test_the_stale_are_listed_page_by_page(go: Any, graphql: GraphQLClient) -> None:
    for key in ("first", "second"):
        create_flag(key=key)
    used = live("used", boolean(targeting=SPLIT))
    go(31)
    ask_for("used")
    judge_flags()
    describe_flag_life(id=str(used.pk), permanent=True)
    wanted = {"stages": ["POTENTIALLY_STALE"]}

    first = graphql(LIVES, filter=wanted).data["featureFlagLives"]
    after = first["pageInfo"]["endCursor"]
    second = graphql(LIVES, filter=wanted, after=after).data["featureFlagLives"]

    flag = FeatureFlag.objects.get(key="first")
    assert first["nodes"] == [
        {
            "key": "first",
            "stage": "POTENTIALLY_STALE",
            "reasons": ["NOT_EVALUATED"],
            "neededBy": [],
            "flagId": str(flag.pk),
        }
    ]
    assert [one["key"] for one in second["nodes"]] == ["second"]
    assert not second["pageInfo"]["hasNextPage"]


CHANGES = [
    'snoozeFeatureFlag(input: {id: "%s", until: null}) { error { code } }',
    'describeFeatureFlagLife(input: {id: "%s", permanent: true}) { error { code } }',
]


@pytest.mark.parametrize("change", CHANGES)
def test_another_tenants_flag_is_not_there(change: str) -> None:
    flag = create_flag(key="mine")
    other = make_tenant("other")
    ask = GraphQLClient(make_key(other).secret, "/config/graphql")

    answer = ask("mutation { " + change % flag.pk + " }")

    [payload] = answer.data.values()
    assert payload["error"] == {"code": "NOT_FOUND"}
    assert not FlagLife.objects.exists()


@pytest.mark.parametrize("scope", ["config:read", "config:evaluate"])
def test_a_scan_takes_the_scope_to_write(tenant: Tenant, scope: str) -> None:
    create_flag(key="used")
    ask = GraphQLClient(make_key(tenant, scope).secret, "/config/graphql")

    answer = ask("mutation { reportCodeReferences(references: []) }")

    assert answer.codes == ["FORBIDDEN"]
    assert not FlagLife.objects.exists()


def test_environments_are_judged_together(go: Any) -> None:
    flag = live("both", boolean(targeting=SPLIT))
    create_environment(key="test")
    put(flag, boolean(targeting=SPLIT), environment="test")
    used = live("used", boolean(targeting=SPLIT))
    put(used, boolean(targeting=SPLIT), environment="test")
    go(31)
    ask_for("used")
    test = Environment.objects.get(key="test")
    FlagState.objects.filter(flag=flag, environment=test).update(evaluated_at=clock.now())

    judge_flags()

    assert json.dumps(told()) == "[]"
