"""Values that are deployed step by step: who has which, on and back by themselves."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.config.adapters import prometheus
from apps.config.domain.configuration.layering import Layer
from apps.config.errors import ApprovalRequiredError
from apps.config.models import ConfigurationDeployment, ConfigurationVersion, DeploymentUnit
from apps.config.selectors.configurations import snapshots
from apps.config.selectors.places import Place, place_at
from apps.config.selectors.settings import Here
from apps.config.services.configurations import create_configuration, delete_configuration
from apps.config.services.deployments import (
    DeploymentOutcomes,
    advance_deployment,
    look_at_deployments,
    pause_deployment,
    report_outcomes,
    resume_deployment,
    roll_back_deployment,
    start_deployment,
)
from apps.config.services.environments import create_environment, update_environment
from apps.config.services.guards import Guard
from apps.config.services.values import Saying, say
from contracts.configurations import ConfigurationDeploymentMoved
from kernel import clock
from kernel.dynamic.declaring import Setting
from kernel.errors import (
    ConflictError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    UnavailableError,
)
from kernel.ids import new_id
from kernel.jobs.models import Job
from kernel.tenancy.context import PLATFORM, in_tenant
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant
from tests.config.test_configuration_settings import size  # noqa: F401  a fixture

pytestmark = pytest.mark.usefixtures("tenant")

INSTANCES = [f"pod-{number}" for number in range(400)]
STEPS = [(10, 60), (50, 60), (100, 60)]


@pytest.fixture(autouse=True)
def _committed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep in memory what was read: the transaction of a test is never over."""
    monkeypatch.setattr("apps.config.selectors.configurations._has_written", lambda: False)


@pytest.fixture
def place(tenant: Any) -> Place:
    """Production, where `limit` is 1."""
    create_environment(key="production")
    create_configuration(key="limit", type="integer", schema='{"maximum": 9}')
    there = Place(tenant.pk, "production")
    say(there, [Saying(key="limit", value="1")])
    return there


def start(place: Place, value: str = "2", **more: Any) -> ConfigurationDeployment:
    return start_deployment(place, Saying(key="limit", value=value), steps=STEPS, **more)


def those_who_have(place: Place, value: object) -> set[str]:
    return {one for one in INSTANCES if snapshots.get(place, one).values["limit"] == value}


def after_its_hold(plan: ConfigurationDeployment) -> ConfigurationDeployment:
    ConfigurationDeployment.objects.filter(pk=plan.pk).update(next_at=clock.now())
    advance_deployment(str(plan.pk))
    plan.refresh_from_db()
    return plan


def moves() -> list[tuple[float, str]]:
    found = [one for one in published() if isinstance(one, ConfigurationDeploymentMoved)]
    return [(one.percent, one.state) for one in found]


def versions() -> int:
    return ConfigurationVersion.objects.count()


def test_a_value_reaches_more_and_more_and_at_last_it_is_said(place: Place) -> None:
    before = snapshots.get(place).revision
    plan = start(place, reason="faster")
    first = those_who_have(place, 2)
    assert 20 < len(first) < 60
    assert (snapshots.get(place).values["limit"], versions()) == (1, 1)
    assert those_who_have(place, 2) == first

    after_its_hold(plan)
    second = those_who_have(place, 2)
    assert first < second
    assert 160 < len(second) < 240

    after_its_hold(plan)
    assert those_who_have(place, 2) == set(INSTANCES)
    assert (snapshots.get(place).values["limit"], versions()) == (2, 1)

    assert after_its_hold(plan).state == "done"
    last = ConfigurationVersion.objects.get(number=2)
    assert (last.value, last.origin, last.reason) == ("2", "deploy", "faster")
    assert snapshots.get(place).held["limit"].deploying is None
    assert snapshots.get(place).revision > before
    assert moves() == [(10, "running"), (50, "running"), (100, "running"), (100, "done")]


def test_before_its_hold_is_over_nothing_happens(place: Place) -> None:
    plan = start(place)
    revision = snapshots.get(place).revision

    advance_deployment(str(plan.pk))

    plan.refresh_from_db()
    assert (plan.taken, snapshots.get(place).revision) == (1, revision)


def test_each_step_is_told_to_who_watches(place: Place) -> None:
    plan = start(place)
    first = snapshots.get(place).revision
    after_its_hold(plan)
    second = snapshots.get(place).revision
    roll_back_deployment(id=str(plan.pk))

    assert first < second < snapshots.get(place).revision


def test_errors_undo_it_for_everybody(place: Place) -> None:
    plan = start(place, guard=Guard(most_errors=0.1, least_outcomes=50))
    told = report_outcomes(
        place,
        [
            DeploymentOutcomes(key="limit", outcomes=40, errors=40),
            DeploymentOutcomes(key="other", outcomes=1, errors=1),
        ],
    )
    advance_deployment(str(plan.pk))
    assert (told, len(those_who_have(place, 2)) > 0) == (1, True)

    report_outcomes(place, [DeploymentOutcomes(key="limit", outcomes=10, errors=0)])
    advance_deployment(str(plan.pk))

    plan.refresh_from_db()
    assert (plan.state, plan.problem) == (
        "rolled_back",
        "80.00% of 50 outcomes are errors, at most 10.00%",
    )
    assert those_who_have(place, 2) == set()
    assert versions() == 1
    assert moves() == [(10, "running"), (10, "rolled_back")]


def test_outcomes_are_those_of_its_step(place: Place) -> None:
    plan = start(place, guard=Guard(most_errors=0.1, least_outcomes=1))
    report_outcomes(place, [DeploymentOutcomes(key="limit", outcomes=100, errors=0)])
    after_its_hold(plan)
    report_outcomes(place, [DeploymentOutcomes(key="limit", outcomes=5, errors=1)])

    advance_deployment(str(plan.pk))

    plan.refresh_from_db()
    assert plan.state == "rolled_back"


def test_a_metric_undoes_it_and_without_its_answer_nothing_goes_on(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = start(
        place, guard=Guard(query_url="https://prometheus.example/q", query="up", most_value=3)
    )

    def away(_url: str, _query: str) -> float:
        raise UnavailableError("away")

    monkeypatch.setattr(prometheus, "ask", away)
    with pytest.raises(UnavailableError):
        after_its_hold(plan)
    monkeypatch.setattr(prometheus, "ask", lambda _url, _query: 4.0)
    advance_deployment(str(plan.pk))

    plan.refresh_from_db()
    assert (plan.taken, plan.state, plan.problem) == (
        1,
        "rolled_back",
        "the metric is 4, at most 3",
    )


def test_it_waits_while_it_is_paused(place: Place) -> None:
    plan = start(place)
    pause_deployment(id=str(plan.pk))
    assert after_its_hold(plan).taken == 1
    assert those_who_have(place, 2) != set()

    resumed = resume_deployment(id=str(plan.pk))

    assert resumed.next_at > clock.now() + timedelta(seconds=50)
    assert after_its_hold(plan).taken == 2


def test_nobody_else_says_the_key_meanwhile(place: Place) -> None:
    plan = start(place)
    with pytest.raises(ConflictError, match="being deployed"):
        say(place, [Saying(key="limit", value="3")])
    with pytest.raises(ConflictError, match="being deployed"):
        start(place, "3")
    with pytest.raises(ConflictError, match="being deployed"):
        delete_configuration(id=_id())
    # Elsewhere it may be.
    say(Place(place.tenant_id, "production", "billing"), [Saying(key="limit", value="3")])
    roll_back_deployment(id=str(plan.pk))

    say(place, [Saying(key="limit", value="4")])

    assert snapshots.get(place).values["limit"] == 4


def _id() -> str:
    from apps.config.models import Configuration  # noqa: PLC0415  for this alone

    return str(Configuration.objects.get().pk)


@pytest.mark.parametrize(
    ("value", "more", "error"),
    [
        ("10", {}, "maximum"),
        ("1", {}, "is that already"),
        ("2", {"steps": []}, "1 to 50 steps"),
        ("2", {"steps": [(10, 1)]}, "the last step is 100 %"),
        ("2", {"steps": [(50, 1), (10, 1)]}, "percentages grow"),
        ("2", {"base": 7}, "is at version 1"),
        ("2", {"guard": Guard(query="up")}, "go together"),
        ("2", {"guard": Guard(most_errors=2)}, "a share"),
        (None, {}, "say nothing"),
    ],
)
def test_what_cannot_be_deployed_changes_nothing(
    place: Place, value: str | None, more: dict[str, Any], error: str
) -> None:
    steps = more.pop("steps", STEPS)
    saying = Saying(key="limit", value=value, base=more.pop("base", None))
    revision = snapshots.get(place).revision

    with pytest.raises(Exception, match=error):
        start_deployment(place, saying, steps=steps, **more)

    assert ConfigurationDeployment.objects.count() == 0
    assert snapshots.get(place).revision == revision


def test_no_secret_is_deployed_and_nothing_unapproved(place: Place) -> None:
    create_configuration(key="password", type="string", secret=True)
    with pytest.raises(InvalidInputError, match="secret"):
        start_deployment(place, Saying(key="password", value='"a"'), steps=STEPS)
    from apps.config.models import Environment  # noqa: PLC0415  for this alone

    update_environment(id=str(Environment.objects.get().pk), approvals_required=1)
    with pytest.raises(ApprovalRequiredError):
        start(place)

    assert ConfigurationDeployment.objects.count() == 0


def test_what_no_longer_fits_at_the_end_is_undone(place: Place) -> None:
    from apps.config.services.configurations import update_configuration  # noqa: PLC0415

    plan = start_deployment(place, Saying(key="limit", value="2"), steps=[(100, 0)])
    update_configuration(id=_id(), schema='{"maximum": 1}')

    done = after_its_hold(plan)

    assert done.state == "rolled_back"
    assert "maximum" in done.problem
    assert (snapshots.get(place).values["limit"], versions()) == (1, 1)


def test_outcomes_that_cannot_be_are_refused(place: Place) -> None:
    plan = start(place)
    with pytest.raises(InvalidInputError):
        report_outcomes(place, [DeploymentOutcomes(key="limit", outcomes=1, errors=2)])
    with pytest.raises(LimitExceededError):
        report_outcomes(place, [DeploymentOutcomes(key="limit", outcomes=1, errors=0)] * 1_001)
    plan.refresh_from_db()
    assert plan.outcomes == 0


def test_nobody_moves_the_deployment_of_another_tenant(place: Place) -> None:
    plan = start(place)
    other = make_tenant()
    with in_tenant(other.pk):
        for act in (pause_deployment, roll_back_deployment):
            with pytest.raises(NotFoundError):
                act(id=str(plan.pk))
        there = Place(other.pk, "production")
        assert report_outcomes(there, [DeploymentOutcomes(key="limit", outcomes=1, errors=1)]) == 0
    plan.refresh_from_db()
    assert (plan.state, plan.errors) == ("running", 0)


def test_tenants_have_what_is_said_for_all_by_tenant(place: Place) -> None:
    create_configuration(key="colour", type="string", shared=True)
    every = place_at(Layer.ENVIRONMENT, "production")
    say(every, [Saying(key="colour", value='"grey"')])
    tenants = [make_tenant().pk for _ in range(12)]

    start_deployment(
        every,
        Saying(key="colour", value='"blue"'),
        steps=[(50, 60), (100, 60)],
        unit=DeploymentUnit.TENANT,
    )

    seen = {}
    for tenant_id in tenants:
        with in_tenant(tenant_id):
            found = {
                snapshots.get(Place(tenant_id, "production"), one).values["colour"]
                for one in INSTANCES[:20]
            }
            # All instances of a tenant have the same.
            [seen[tenant_id]] = found
    assert set(seen.values()) == {"grey", "blue"}


def test_a_dynamic_setting_is_deployed_by_instance(size: Setting[int]) -> None:  # noqa: F811
    say(place_at(Layer.GLOBAL), [Saying(key="audit.size", value="3")])
    plan = start_deployment(
        place_at(Layer.GLOBAL), Saying(key="audit.size", value="7"), steps=[(30, 60), (100, 60)]
    )
    instances = [f"audit@host-{number}" for number in range(200)]

    def have() -> set[str]:
        found = {one: Here().load(-1, one) for one in instances}
        return {
            one for one, loaded in found.items() if loaded and loaded.values == {"audit.size": 7}
        }

    first = have()
    assert 30 < len(first) < 90
    assert have() == first
    revision = _revision()
    roll_back_deployment(id=str(plan.pk))
    assert have() == set()
    # Processes notice by the revision.
    assert _revision() > revision


def _revision() -> int:
    loaded = Here().load(-1)
    assert loaded is not None
    return loaded.revision


def test_a_look_asks_for_every_deployment_that_goes(place: Place) -> None:
    plan = start(place)
    with in_tenant(PLATFORM):
        create_configuration(key="shared", type="integer", shared=True)
        other = start_deployment(
            place_at(Layer.GLOBAL), Saying(key="shared", value="1"), steps=[(100, 60)]
        )
    look_at_deployments()
    look_at_deployments()

    jobs = Job.objects.filter(name="config.advance_deployment")
    assert {job.target for job in jobs} == {str(plan.pk), str(other.pk)}
    assert jobs.count() == 2


def test_who_reads_is_told_what_is_on_its_way(
    place: Place, graphql: GraphQLClient, tenant: Any
) -> None:
    plan = start(place)
    inside = next(iter(those_who_have(place, 2)))
    outside = next(iter(those_who_have(place, 1)))
    bearer = {"Authorization": f"Bearer {make_key(tenant, 'config:read').secret}"}

    def asked(instance: str) -> tuple[Any, Any, Any]:
        answer = graphql(
            'query($by: String!) { configurationValues(environment: "production",'
            " instance: $by) { values { value deploying { deploymentId percent reached } } } }",
            by=instance,
        ).data["configurationValues"]["values"][0]
        over_http = Client().get(
            "/config/api/values/production/limit",
            headers={**bearer, "Septet-Instance": instance},
        )
        assert json.loads(over_http.content) == answer["value"]
        return answer["value"], answer["deploying"], over_http.headers["Septet-Deploying"]

    told = {"deploymentId": str(plan.pk), "percent": 10.0}
    assert asked(inside) == (2, {**told, "reached": True}, "10%; reached")
    assert asked(outside) == (1, {**told, "reached": False}, "10%; not reached")
    too_long = Client().get(
        "/config/api/values/production/limit", headers={**bearer, "Septet-Instance": "x" * 201}
    )
    assert too_long.status_code == 400


def test_memory_of_views_is_bounded(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.config.selectors.configurations.MOST_VIEWS", 2)
    for number in range(4):
        create_configuration(key=f"k{number}", type="integer")
        start_deployment(place, Saying(key=f"k{number}", value="2"), steps=[(50, 60), (100, 60)])
    for one in INSTANCES:
        snapshots.get(place, one)

    known = snapshots._known[place.tenant_id, place.environment]
    assert len(known.snapshots) <= 2


def test_it_is_started_and_undone_over_the_graph(place: Place, graphql: GraphQLClient) -> None:
    started = graphql(
        'mutation { change: startConfigurationDeployment(input: {environment: "production",'
        ' key: "limit", value: 2, baseVersion: 1, mostErrors: 0.5,'
        " steps: [{percent: 10, holdSeconds: 60}, {percent: 100, holdSeconds: 60}]}) {"
        " configurationDeployment { id percent state value unit mostErrors steps { percent } }"
        " error { code } } }"
    ).data["change"]
    made = started["configurationDeployment"]
    told = graphql(
        'mutation { told: reportConfigurationOutcomes(environment: "production",'
        ' reports: [{key: "limit", outcomes: 2, errors: 1}]) }'
    ).data["told"]
    undone = graphql(
        "mutation($id: ID!) { change: rollBackConfigurationDeployment("
        'input: {id: $id, reason: "slow"})'
        " { configurationDeployment { state problem outcomes errors } error { code } } }",
        id=made["id"],
    ).data["change"]

    assert (made["percent"], made["state"], made["value"]) == (10.0, "RUNNING", 2)
    assert (told, undone["configurationDeployment"]) == (
        1,
        {"state": "ROLLED_BACK", "problem": "slow", "outcomes": 2, "errors": 1},
    )
    missing = graphql(
        "mutation($id: ID!) { change: pauseConfigurationDeployment(input: {id: $id})"
        " { error { code } } }",
        id=str(new_id()),
    ).data["change"]
    assert missing["error"]["code"] == "NOT_FOUND"
