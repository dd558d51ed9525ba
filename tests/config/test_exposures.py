"""Exposures: a fair sample under pseudonyms, told once a day, and whether it is as weights say."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from apps.config.domain.assignments import NoSplitError, Verdict, check, p_value, weights_of
from apps.config.domain.compiling import compile_set
from apps.config.domain.pseudonyms import SPACE, bound_of, subject_of
from apps.config.models import (
    ExposureSample,
    FeatureFlag,
    FlagExposure,
    FlagState,
    UsageWriter,
)
from apps.config.services import counting, exposing
from apps.config.services.exposing import forget_old, set_exposure_rate
from apps.config.services.snapshots import snapshots
from apps.config.services.usage import Writer
from contracts.config import EnvironmentExposed
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError
from kernel.tenancy.context import current_tenant_id, in_tenant
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant
from tests.config.definitions import boolean, live, put
from tests.config.test_usage import writer  # noqa: F401  a fixture
from tests.config.wire import evaluate, evaluate_all, key_of

pytestmark = pytest.mark.usefixtures("tenant")

SPLIT = {"fractional": [["on", 50], ["off", 50]]}


def exposed(key: str = "checkout", rate: float = 1.0, rule: Any = SPLIT) -> FeatureFlag:
    """Make a live flag of which it is told who gets it."""
    flag = live(key, boolean(targeting=rule))
    set_exposure_rate(id=str(flag.pk), rate=rate)
    return flag


def ask(key: str, *people: str) -> None:
    for person in people:
        evaluate(key, "checkout", {"targetingKey": person})


def events() -> list[EnvironmentExposed]:
    return [one for one in published() if isinstance(one, EnvironmentExposed)]


def test_who_has_got_what_is_told_by_one_event_without_naming_anybody(
    writer: Writer,  # noqa: F811
) -> None:
    exposed()
    live("other", boolean(targeting=SPLIT))
    key = key_of()
    ask(key, "ann", "bob", "ann")
    evaluate_all(key, {"targetingKey": "ann"})
    evaluate(key, "other", {"targetingKey": "ann"})
    evaluate(key, "checkout")

    writer.write()

    [event] = events()
    assert event.key == "production"
    assert event.flags == ("checkout", "checkout")
    assert event.versions == (1, 1)
    assert set(event.variants) <= {"on", "off"}
    assert len(set(event.subjects)) == 2
    assert "ann" not in str(event)
    assert FlagExposure.objects.count() == 2


def test_somebody_is_told_of_once_a_day(
    writer: Writer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exposed()
    key = key_of()
    for _ in range(2):
        ask(key, "ann")
        writer.write()
    assert len(events()) == 1

    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    ask(key, "bob")
    writer.write()
    ask(key, "ann")
    writer.write()

    assert [len(event.subjects) for event in events()] == [1, 1, 1]
    assert FlagExposure.objects.count() == 2


def test_a_batch_that_breaks_off_tells_nothing_and_is_told_once_later(
    writer: Writer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exposed()
    ask(key_of(), "ann")

    def gone(*_: Any) -> None:
        raise OperationalError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(exposing, "publish", gone)
        with pytest.raises(OperationalError):
            writer.write()
    assert (events(), FlagExposure.objects.count(), UsageWriter.objects.count()) == ([], 0, 0)

    writer.write()
    assert len(events()) == 1


def test_the_same_share_of_people_is_in_every_sample() -> None:
    subjects = [subject_of(b"secret", f"user-{number}") for number in range(4_000)]

    half = [one < bound_of(0.5) for one in subjects]
    quarter = [one < bound_of(0.5, level=1) for one in subjects]

    assert 1_900 < sum(half) < 2_100
    assert 900 < sum(quarter) < 1_100
    assert all(large for large, small in zip(half, quarter, strict=True) if small)
    assert bound_of(1.0) == SPACE
    assert subject_of(b"other", "user-1") != subjects[1]
    assert subject_of(b"secret", "\ud800") >= 0


def test_a_rate_leaves_the_others_out(writer: Writer) -> None:  # noqa: F811
    exposed(rate=0.25)
    snapshot_people = [f"user-{number}" for number in range(80)]
    ask(key_of(), *snapshot_people)

    writer.write()

    known = FlagExposure.objects.values_list("subject", flat=True)
    assert 5 < len(known) < 40
    assert all(subject < bound_of(0.25) for subject in known)


def test_a_sample_that_grows_too_large_becomes_half_of_it(
    writer: Writer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exposing, "MOST_KEPT", 20)
    exposed()
    key = key_of()
    for start in (0, 30, 60):
        ask(key, *(f"user-{number}" for number in range(start, start + 30)))
        writer.write()

    sample = ExposureSample.objects.get()
    subjects = list(FlagExposure.objects.values_list("subject", flat=True))
    assert sample.level >= 2
    assert 0 < len(subjects) <= 20
    assert all(subject < bound_of(1.0, sample.level) for subject in subjects)
    # All are told by events.
    assert sum(len(event.subjects) for event in events()) == 90


def test_another_version_begins_anew_and_another_rate_too(
    writer: Writer,  # noqa: F811
    graphql: GraphQLClient,
) -> None:
    flag = exposed()
    key = key_of()
    ask(key, "ann")
    writer.write()
    put(flag, boolean(targeting={"fractional": [["on", 10], ["off", 90]]}))
    ask(key, "ann", "bob")
    writer.write()
    assert [row.version for row in ExposureSample.objects.order_by("version")] == [1, 2]

    set_exposure_rate(id=str(flag.pk), rate=0.5)

    assert [row.version for row in ExposureSample.objects.all()] == [1]
    assert assignment(graphql, flag)["version"] == 2
    assert assignment(graphql, flag)["since"] is None


def test_samples_of_old_versions_are_forgotten(
    writer: Writer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flag = exposed()
    key = key_of()
    ask(key, "ann")
    writer.write()
    put(flag, boolean("on", targeting=SPLIT))
    ask(key, "ann")
    writer.write()
    later = clock.now() + timedelta(days=91)
    monkeypatch.setattr(clock, "now", lambda: later)

    forget_old()

    assert [row.version for row in ExposureSample.objects.all()] == [2]


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_that_is_no_share_is_refused(rate: float) -> None:
    flag = live("checkout")

    with pytest.raises(InvalidInputError):
        set_exposure_rate(id=str(flag.pk), rate=rate)

    assert FlagState.objects.get().exposure_rate == 0


def test_a_flag_that_is_not_live_has_no_exposures() -> None:
    flag = live("checkout")
    put(flag, None)

    with pytest.raises(ConflictError):
        set_exposure_rate(id=str(flag.pk), rate=1.0)


def test_writing_many_exposures_takes_no_more_queries_than_few(writer: Writer) -> None:  # noqa: F811
    exposed()
    key = key_of()
    costs = []
    for start, end in ((0, 1), (1, 3), (3, 30)):
        ask(key, *(f"user-{number}" for number in range(start, end)))
        with CaptureQueriesContext(connection) as asked:
            writer.write()
        costs.append(len(asked))

    # That not everybody gets the same any more is one of them.
    assert costs[2] <= costs[1] + 1


def test_an_exposure_asks_the_database_nothing(
    writer: Writer,  # noqa: F811
    django_assert_num_queries: Any,
) -> None:
    exposed()
    snapshot = snapshots.get(current_tenant_id())
    context = {"targetingKey": "ann"}
    answer = snapshot.flags.evaluate("checkout", context)

    with django_assert_num_queries(0):
        counting.note(snapshot, context, [answer], "single")

    writer.write()
    assert len(events()) == 1


def test_two_tenants_have_other_pseudonyms_for_the_same_key(writer: Writer) -> None:  # noqa: F811
    exposed()
    ask(key_of(), "ann")
    with in_tenant(make_tenant("other").pk):
        exposed()
        ask(key_of(), "ann")

    writer.write()

    first, second = events()
    assert first.subjects != second.subjects


@pytest.mark.parametrize(
    ("statistic", "degrees", "chance"),
    # Tables of the distribution: 5 %, 1 % and 0.1 %.
    [
        (3.841459, 1, 0.05),
        (6.634897, 1, 0.01),
        (10.827566, 1, 0.001),
        (5.991465, 2, 0.05),
        (13.815511, 2, 0.001),
        (7.814728, 3, 0.05),
        (16.266236, 3, 0.001),
        (11.070498, 5, 0.05),
        (18.307038, 10, 0.05),
        (29.588298, 10, 0.001),
        (0.0, 1, 1.0),
        (0.0, 4, 1.0),
    ],
)
def test_the_chance_of_a_statistic_is_that_of_the_tables(
    statistic: float, degrees: int, chance: float
) -> None:
    assert p_value(statistic, degrees) == pytest.approx(chance, rel=1e-5)


@given(degrees=st.integers(1, 40), two=st.tuples(st.floats(0, 500), st.floats(0, 500)))
def test_a_larger_statistic_is_less_likely(degrees: int, two: tuple[float, float]) -> None:
    small, large = sorted(two)

    assert 0 <= p_value(large, degrees) <= p_value(small, degrees) + 1e-12 <= 1 + 2e-12


@pytest.mark.parametrize(
    ("rule", "weights"),
    [
        (SPLIT, {"on": 50, "off": 50}),
        ({"fractional": [["on"], ["off"]]}, {"on": 1, "off": 1}),
        ({"fractional": [["on", 10], ["on", 20], ["off", 70]]}, {"on": 30, "off": 70}),
        ({"if": [{"==": [{"var": "plan"}, "pro"]}, "best", SPLIT]}, {"on": 50, "off": 50}),
        ({"if": [True, SPLIT, SPLIT]}, {"on": 50, "off": 50}),
        ({"if": [True, SPLIT]}, "gives 'off' beside"),
        ({"if": [True, "on", SPLIT]}, "gives 'on' beside"),
        ({"if": [True, SPLIT, {"fractional": [["on", 1], ["off", 9]]}]}, "several splits"),
        ({"fractional": [{"var": "company"}, ["on", 1], ["off", 1]]}, "something else"),
        ({"fractional": [["on", 1], ["off", 0]]}, "everybody the same"),
        ({"fractional": [["on", {"var": "x"}], ["off", 1]]}, "something else"),
        ({"var": "variant"}, "no shares follow"),
        (None, "no split"),
    ],
)
def test_weights_are_read_where_the_split_alone_gives_its_variants(
    rule: Any, weights: dict[str, int] | str
) -> None:
    definition = {"defaultVariant": "off", "targeting": rule}

    if isinstance(weights, dict):
        assert weights_of(definition) == weights
    else:
        with pytest.raises(NoSplitError, match=weights):
            weights_of(definition)


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        ({"on": 500, "off": 500}, Verdict.AS_EXPECTED),
        ({"on": 540, "off": 460}, Verdict.AS_EXPECTED),
        ({"on": 560, "off": 440}, Verdict.MISMATCH),
        ({"on": 1000}, Verdict.MISMATCH),
        ({"on": 9}, Verdict.TOO_FEW),
        ({}, Verdict.TOO_FEW),
        # Of those whom other rules gave something the split knows nothing.
        ({"on": 500, "off": 500, "best": 9_000}, Verdict.AS_EXPECTED),
    ],
)
def test_a_split_that_is_not_as_its_weights_is_found(
    seen: dict[str, int], verdict: Verdict
) -> None:
    found = check({"targeting": SPLIT}, seen)

    assert found.verdict is verdict
    assert (found.p_value is not None) == (verdict in {Verdict.AS_EXPECTED, Verdict.MISMATCH})


def test_a_split_of_ours_passes_its_own_test() -> None:
    definition = json.loads(boolean(targeting={"fractional": [["on", 20], ["off", 80]]}))
    flags = compile_set({"flags": {"f": definition}})
    seen = Counter(
        flags.evaluate("f", {"targetingKey": f"user-{number}"}).variant
        for number in range(8_000)
        # The sample knows nothing of the buckets.
        if subject_of(b"secret", f"user-{number}") < bound_of(0.5)
    )

    found = check(definition, {str(variant): count for variant, count in seen.items()})

    assert found.verdict is Verdict.AS_EXPECTED


ASSIGNMENT = """query($id: ID!) { featureFlagAssignment(id: $id) {
  version since share crossed verdict words chiSquare pValue
  shares { variant seen expected } } }"""


def assignment(graphql: GraphQLClient, flag: FeatureFlag) -> dict[str, Any]:
    found: dict[str, Any] = graphql(ASSIGNMENT, id=str(flag.pk)).data["featureFlagAssignment"]
    return found


def test_the_graph_tells_who_has_got_what_and_that_it_is_wrong(graphql: GraphQLClient) -> None:
    flag = exposed()
    state = FlagState.objects.get()
    sample = ExposureSample.objects.create(state=state, version=1, rate=1.0)
    FlagExposure.objects.bulk_create(
        FlagExposure(sample=sample, subject=subject, variant="on" if subject < 70 else "off")
        for subject in range(100)
    )
    FlagExposure.objects.create(sample=sample, subject=99, variant="on")

    found = assignment(graphql, flag)

    assert found["verdict"] == "MISMATCH"
    assert found["shares"] == [
        {"variant": "off", "seen": 30, "expected": 50.5},
        {"variant": "on", "seen": 71, "expected": 50.5},
    ]
    assert found["pValue"] == pytest.approx(4.5e-5, rel=0.1)
    assert (found["crossed"], found["share"]) == (1, 1.0)
    assert found["words"].startswith("The split is not as its weights")


def test_the_graph_sets_the_rate_of_exposures(graphql: GraphQLClient) -> None:
    flag = live("checkout")

    answer = graphql(
        """mutation($id: ID!) { setFeatureFlagExposure(input: {id: $id, rate: 0.5}) {
             featureFlag { key } error { code } } }""",
        id=str(flag.pk),
    )

    assert answer.data["setFeatureFlagExposure"] == {
        "featureFlag": {"key": "checkout"},
        "error": None,
    }
    assert FlagState.objects.get().exposure_rate == 0.5


def test_another_tenants_flag_has_no_assignment(graphql: GraphQLClient) -> None:
    flag = exposed()
    ask_there = GraphQLClient(make_key(make_tenant("other")).secret, "/config/graphql")

    answer = ask_there(ASSIGNMENT, id=str(flag.pk))

    assert answer.codes == ["NOT_FOUND"]
