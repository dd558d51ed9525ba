"""Usage as it is asked for: by the hour and by the day, in the graph and by staff."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from apps.config.domain.charts import OTHERS, chart_of
from apps.config.models import FlagLife, FlagState, FlagUsage, UsageWriter
from apps.config.services import upkeep
from apps.config.services.flags import create_flag
from apps.config.services.staleness import judge_flags
from apps.config.services.upkeep import fold_old, forget_old
from apps.config.services.usage import add
from kernel import clock
from kernel.identity.models import Tenant
from kernel.ids import new_id
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant
from tests.config.definitions import live

pytestmark = pytest.mark.usefixtures("tenant")

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
USAGE = """query($id: ID!, $start: DateTime!, $end: DateTime!, $step: FeatureFlagUsageStep) {
  featureFlagUsage(id: $id) { evaluatedAt onlyVariant exposureRate
    counts(start: $start, end: $end, step: $step) { startsAt way variant reason evaluations } } }"""


def used(key: str, counts: dict[datetime, dict[str, int]], **more: Any) -> FlagState:
    """Make a live flag with counts at these hours."""
    flag = live(key)
    state = FlagState.objects.get(flag=flag)
    add(
        FlagUsage(
            state=state,
            starts_at=hour,
            way="single",
            variant=variant,
            reason="DEFAULT",
            evaluations=times,
            **more,
        )
        for hour, said in counts.items()
        for variant, times in said.items()
    )
    return state


def span(step: str = "HOUR", hours: float = 24) -> dict[str, str]:
    end = NOON + timedelta(hours=12)
    return {
        "start": (end - timedelta(hours=hours)).isoformat(),
        "end": end.isoformat(),
        "step": step,
    }


def test_counts_are_told_by_the_hour_and_by_the_day(graphql: GraphQLClient) -> None:
    counts = {
        NOON: {"on": 3, "off": 1},
        NOON - timedelta(hours=1): {"on": 2},
        NOON - timedelta(days=2): {"on": 7},
    }
    state = used("dark-mode", counts)

    hours = graphql(USAGE, id=str(state.flag_id), **span()).data["featureFlagUsage"]["counts"]
    days = graphql(USAGE, id=str(state.flag_id), **span("DAY", 96)).data["featureFlagUsage"]

    assert [(one["startsAt"][11:13], one["variant"], one["evaluations"]) for one in hours] == [
        ("11", "on", 2),
        ("12", "off", 1),
        ("12", "on", 3),
    ]
    assert {(one["way"], one["reason"]) for one in hours} == {("SINGLE", "DEFAULT")}
    assert [
        (one["startsAt"][:10], one["variant"], one["evaluations"]) for one in days["counts"]
    ] == [("2026-06-08", "on", 7), ("2026-06-10", "off", 1), ("2026-06-10", "on", 5)]


@pytest.mark.parametrize(("step", "hours"), [("HOUR", 24 * 14 + 1), ("DAY", 24 * 401), ("DAY", 0)])
def test_a_span_that_is_too_long_or_none_is_refused(
    graphql: GraphQLClient, step: str, hours: float
) -> None:
    state = used("dark-mode", {})

    answer = graphql(USAGE, id=str(state.flag_id), **span(step, hours))

    assert answer.codes == ["INVALID_INPUT"]


def test_usage_is_seen_in_its_tenant_with_the_scope_alone(tenant: Tenant) -> None:
    state = used("dark-mode", {NOON: {"on": 1}})
    codes = {}
    for name, key in (
        ("other", make_key(make_tenant("other"))),
        ("evaluate", make_key(tenant, "config:evaluate")),
    ):
        ask = GraphQLClient(key.secret, "/config/graphql")
        codes[name] = ask(USAGE, id=str(state.flag_id), **span()).codes
    codes["none"] = GraphQLClient("", "/config/graphql")(
        USAGE, id=str(state.flag_id), **span()
    ).codes

    assert codes == {
        "other": ["NOT_FOUND"],
        "evaluate": ["FORBIDDEN"],
        "none": ["UNAUTHENTICATED"],
    }


def test_hours_of_long_ago_become_days_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    monkeypatch.setattr(upkeep, "FOLDED_AT_ONCE", 2)
    old, new = NOON - timedelta(days=16), NOON - timedelta(days=13)
    counts = {
        old: {"on": 1, "off": 5},
        old - timedelta(hours=1): {"on": 2},
        old - timedelta(days=1): {"on": 4},
        new: {"on": 8},
    }
    used("dark-mode", counts)

    for _ in range(2):
        fold_old()

    rows = FlagUsage.objects.order_by("starts_at", "variant")
    assert [(row.daily, row.starts_at.day, row.variant, row.evaluations) for row in rows] == [
        (True, 24, "on", 4),
        (True, 25, "off", 5),
        (True, 25, "on", 3),
        (False, 28, "on", 8),
    ]


def test_a_fold_that_breaks_off_loses_nothing_and_doubles_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    used("dark-mode", {NOON - timedelta(days=16): {"on": 3}})

    def add_and_break(rows: Any) -> None:
        add(rows)
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(upkeep, "add", add_and_break)
        with pytest.raises(RuntimeError):
            fold_old()
    fold_old()

    assert list(FlagUsage.objects.values_list("daily", "evaluations")) == [(True, 3)]


def test_days_and_writers_of_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    used("dark-mode", {NOON - timedelta(days=401): {"on": 1}}, daily=True)
    used("other", {NOON - timedelta(days=399): {"on": 1}}, daily=True)
    for days in (1, 8):
        UsageWriter.objects.create(
            writer=new_id(), sequence=1, written_at=NOON - timedelta(days=days)
        )

    forget_old()

    assert FlagUsage.objects.get().state.flag.key == "other"
    assert UsageWriter.objects.get().written_at == NOON - timedelta(days=1)


def test_a_chart_has_every_span_and_puts_the_rarest_together() -> None:
    hour = timedelta(hours=1)
    counts = {(NOON, f"v{number}"): 10 - number for number in range(8)}
    counts[NOON + 2 * hour, "v0"] = 20

    chart = chart_of(counts, NOON, NOON + 3 * hour, hour)

    assert chart.series == ("v0", "v1", "v2", "v3", "v4", OTHERS)
    assert chart.totals == (30, 9, 8, 7, 6, 5 + 4 + 3)
    assert [column.total for column in chart.columns] == [52, 0, 20]
    assert [piece.series for piece in chart.columns[0].pieces] == [0, 1, 2, 3, 4, 5]
    assert sum(piece.height for piece in chart.columns[0].pieces) == pytest.approx(100, abs=0.01)
    assert chart.columns[0].pieces[-1].y == pytest.approx(0, abs=0.01)


@pytest.fixture
def staff(db: None) -> Client:
    browser = Client()
    browser.force_login(User.objects.create_superuser("root", password="secret"))
    return browser


def test_staff_see_a_chart_and_the_same_as_a_table(staff: Client) -> None:
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    state = used("dark-mode", {hour: {"on": 1_234, "<b>": 2}})
    path = f"/admin/config/flagstate/{state.pk}/change/"

    page = staff.get(path).text
    by_day = staff.get(path, {"span": "month"}).text

    assert "Evaluations of dark-mode in production, each hour" in page
    assert "1,234" in page
    assert "&lt;b&gt;" in page
    assert "<b>2" in page
    assert 'class="septet-variant-1"' in page
    assert "each day" in by_day
    assert "The flag has no split" in page


def test_staff_see_why_a_flag_is_stale_and_snooze_it(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_flag(key="forgotten")
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    # A session of before would be over.
    staff: Client = request.getfixturevalue("staff")
    judge_flags()
    life = FlagLife.objects.get()
    path = f"/admin/config/flaglife/{life.pk}/snooze/"

    listed = staff.get("/admin/config/flaglife/").text
    question = staff.post(path, {"days": "30", "reason": "Spring"}).text
    life.refresh_from_db()
    before = life.stage
    staff.post(path, {"days": "30", "reason": "Spring", "confirmed": "yes"})
    life.refresh_from_db()

    assert "no program asks for it" in listed
    assert "Take forgotten for fresh for 30 days?" in question
    assert (before, life.stage, life.snooze_reason) == ("potentially_stale", "fresh", "Spring")
    link = f"/admin/config/flaglife/{life.pk}/change/"
    assert link not in staff.get("/admin/config/flaglife/").text
    assert link in staff.get("/admin/config/flaglife/", {"stage": "any"}).text


def test_the_command_keeps_what_it_has_found(tenant: Tenant, tmp_path: Path) -> None:
    for key in ("dark-mode", "unused"):
        create_flag(key=key)
    (tmp_path / "a.py").write_text('client.get_boolean_value("dark-mode", False)\n')

    call_command("config_references", tmp_path, tenant=tenant.slug, keep=True, stdout=StringIO())

    lives = {life.key: (life.uses, life.places) for life in FlagLife.objects.all()}
    assert lives == {"dark-mode": (1, ["a.py:1"]), "unused": (0, [])}
