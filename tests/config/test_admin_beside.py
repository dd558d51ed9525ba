"""Rollouts, segments, environments and keys in the back office: done after a yes, told once."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from apps.config.models import (
    ConfigurationDeployment,
    Environment,
    EnvironmentKey,
    FeatureFlag,
    RolloutPlan,
    Segment,
)
from apps.config.selectors.places import Place
from apps.config.services.changes import Change
from apps.config.services.configurations import create_configuration
from apps.config.services.deployments import (
    DeploymentOutcomes,
    report_outcomes,
    start_deployment,
)
from apps.config.services.environments import create_environment
from apps.config.services.guards import Guard
from apps.config.services.keys import create_environment_key
from apps.config.services.publishing import publish
from apps.config.services.rollouts import start_rollout
from apps.config.services.segments import create_segment
from apps.config.services.snapshots import snapshots
from apps.config.services.values import Saying, say
from kernel.identity.keys import PATTERN
from kernel.identity.models import Tenant
from kernel.tenancy.context import PLATFORM, in_tenant
from kernel.testing.tenants import make_tenant
from tests.config.definitions import boolean, live, put
from tests.config.test_admin import at, browser_of

ADMIN = "/admin/config"
_GUARD = "undone above 5 % of errors, from 20 outcomes on; now 25.00% of 16"


@pytest.fixture
def editor(db: None) -> Client:
    """A browser of somebody who may change everything of this app."""
    words = ("featureflag", "segment", "environment", "environmentkey", "rolloutplan")
    return browser_of(*(f"{verb}_{word}" for verb in ("view", "change", "add") for word in words))


@pytest.fixture
def flag(tenant: Tenant) -> FeatureFlag:
    """A flag that is off in production."""
    create_environment(key="production", name="Production")
    return live("dark-mode")


def yes(browser: Client, path: str, **given: Any) -> str:
    return browser.post(path, {**given, "confirmed": "yes"}, follow=True).text


def test_a_rollout_is_begun_by_steps_paused_resumed_and_undone(
    editor: Client, flag: FeatureFlag
) -> None:
    sent = {"variant": "on", "steps": "25 % 1h\n100 % 2d", "least_outcomes": 50, "most_errors": 5}

    question = editor.post(at(flag, "roll_out/"), sent).text
    none = RolloutPlan.objects.exists()
    yes(editor, at(flag, "roll_out/"), **sent)

    assert "25 % for 1 h, 100 % for 2 d" in question
    assert not none
    plan = RolloutPlan.objects.get()
    assert (plan.steps, plan.most_errors, plan.least_outcomes) == (
        *([[25.0, 3600], [100.0, 172_800]], 0.05, 50),
    )
    path = f"{ADMIN}/rolloutplan/{plan.pk}"
    states = []
    for verb in ("pause", "resume", "undo"):
        assert f"{path}/{verb}/" in editor.get(f"{path}/change/").text
        yes(editor, f"{path}/{verb}/")
        plan.refresh_from_db()
        states.append(plan.state)
    assert states == ["paused", "running", "rolled_back"]
    page = editor.get(f"{path}/change/").text
    assert f"{path}/pause/" not in page
    assert f"on of {flag.key} in production" in page


def deployed(tenant_id: UUID) -> ConfigurationDeployment:
    """Return the deployment of a value in production of a tenant, or of the installation."""
    there = Place(tenant_id, "production")
    with in_tenant(tenant_id):
        create_configuration(key="limit", type="integer")
        say(there, [Saying(key="limit", value="1")])
        steps = [(25.0, 3600), (100.0, 60)]
        guard = Guard(most_errors=0.05, least_outcomes=20)
        made = start_deployment(there, Saying(key="limit", value="2"), steps=steps, guard=guard)
        report_outcomes(there, [DeploymentOutcomes(key="limit", outcomes=16, errors=4)])
        return made


@pytest.mark.parametrize("everybody", [False, True])
def test_a_deployment_is_paused_resumed_and_rolled_back_with_a_reason(
    flag: FeatureFlag, everybody: bool
) -> None:
    browser = browser_of("view_configurationdeployment", "change_configurationdeployment")
    plan = deployed(PLATFORM if everybody else flag.tenant_id)
    path = f"{ADMIN}/configurationdeployment/{plan.pk}"

    page = browser.get(f"{path}/change/").text
    listed = browser.get(f"{ADMIN}/configurationdeployment/").text
    states = []
    for verb, given in (("pause", {}), ("resume", {}), ("undo", {"reason": "Too many mails"})):
        assert f"{path}/{verb}/" in browser.get(f"{path}/change/").text
        asked = browser.post(f"{path}/{verb}/", given).text
        assert "the deployment of limit in production?" in asked
        yes(browser, f"{path}/{verb}/", **given)
        with in_tenant(plan.tenant_id):
            plan.refresh_from_db()
        states.append(plan.state)

    for told in ("25 %", "held for 1 h", "to come", _GUARD, "1</", "2</"):
        assert told in page, told
    assert ("limit" in listed, "running" in listed) == (True, True)
    assert states == ["paused", "running", "rolled_back"]
    assert plan.problem == "Too many mails"
    after = browser.get(f"{path}/change/").text
    assert f"{path}/undo/" not in after
    assert "Too many mails" in after


def test_a_deployment_is_not_rolled_back_without_a_reason(flag: FeatureFlag) -> None:
    browser = browser_of("view_configurationdeployment", "change_configurationdeployment")
    plan = deployed(flag.tenant_id)

    page = yes(browser, f"{ADMIN}/configurationdeployment/{plan.pk}/undo/", reason=" ")

    plan.refresh_from_db()
    assert plan.state == "running"
    assert "This field is required" in page


@pytest.mark.parametrize("steps", ["", "ten", "10 % 1y", "10 % 1h\n5 % 1h", "10 % -1h", "nan % 1h"])
def test_steps_that_are_none_begin_nothing(editor: Client, flag: FeatureFlag, steps: str) -> None:
    sent = {"variant": "on", "steps": steps, "least_outcomes": 50}

    assert editor.post(at(flag, "roll_out/"), {**sent, "confirmed": "yes"}).status_code == 200
    assert not RolloutPlan.objects.exists()


def test_a_segment_is_made_filled_and_says_which_flags_use_it(
    editor: Client, flag: FeatureFlag
) -> None:
    sent = {"tenant": str(flag.tenant_id), "key": "beta", "name": "", "description": ""}
    yes(editor, f"{ADMIN}/segment/create/", **sent)
    segment = Segment.objects.get()
    path = f"{ADMIN}/segment/{segment.pk}"

    yes(editor, f"{path}/in/production/members/", add="ann\nbob\nann", remove="", reason="Asked")
    put(flag, boolean(targeting={"if": [{"septet.segment": "beta"}, "on"]}))

    page = editor.get(f"{path}/change/").text
    assert "2 members by targetingKey" in page
    assert at(flag) in page
    answer = snapshots.get(flag.tenant_id).flags.evaluate("dark-mode", {"targetingKey": "bob"})
    assert answer.value is True
    assert "Nothing was changed" in yes(editor, f"{path}/remove/")
    assert Segment.objects.exists()


def test_a_segment_as_json_is_refused_with_the_place_of_what_is_wrong(
    editor: Client, flag: FeatureFlag
) -> None:
    segment = create_segment(key="beta")
    path = f"{ADMIN}/segment/{segment.pk}/in/production/rule/"

    told = yes(editor, path, definition='{"members": [1]}')

    assert "Nothing was changed" in told
    assert "$segments/beta" in told


def test_an_environment_is_made_and_guarded(editor: Client, tenant: Tenant) -> None:
    sent = {"tenant": str(tenant.pk), "key": "live", "name": "Live", "approvals_required": 0}
    yes(editor, f"{ADMIN}/environment/create/", **sent)
    made = Environment.objects.get()

    question = editor.post(
        f"{ADMIN}/environment/{made.pk}/edit/", {"name": "Live", "approvals_required": 2}
    ).text
    yes(editor, f"{ADMIN}/environment/{made.pk}/edit/", name="Live", approvals_required=2)

    assert "after 2 others have approved" in question
    made.refresh_from_db()
    assert (made.key, made.approvals_required) == ("live", 2)


def test_a_key_of_an_environment_is_shown_once(editor: Client, flag: FeatureFlag) -> None:
    environment = Environment.objects.get()

    response = editor.post(
        f"{ADMIN}/environment/{environment.pk}/key/", {"name": "shop", "kind": "client"}
    )
    key = EnvironmentKey.objects.get()
    again = editor.get(f"{ADMIN}/environmentkey/{key.pk}/change/").text

    secret = re.search(PATTERN, response.text)
    assert secret
    assert "no-store" in response["Cache-Control"]
    assert secret.group() not in again
    assert (key.name, key.kind) == ("shop", "client")
    rotated = editor.post(f"{ADMIN}/environmentkey/{key.pk}/rotate/", {"hours": 1}).text
    other = re.search(PATTERN, rotated)
    assert other
    assert other.group() != secret.group()
    yes(editor, f"{ADMIN}/environmentkey/{key.pk}/revoke/")
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_who_may_only_look_changes_nothing_here(flag: FeatureFlag) -> None:
    words = ["featureflag", "segment", "environment", "environmentkey", "rolloutplan"]
    words.append("configurationdeployment")
    looks, stranger = browser_of(*(f"view_{word}" for word in words)), browser_of()
    segment, environment = create_segment(key="beta"), Environment.objects.get()
    key, _ = create_environment_key(environment_id=str(environment.pk), name="shop")
    plan = start_rollout(flag_id=str(flag.pk), variant="on", steps=[(25, 60), (100, 60)])
    deployment = deployed(flag.tenant_id)
    pages = {
        f"{ADMIN}/segment/{segment.pk}": ("edit", "remove", "in/production/members"),
        f"{ADMIN}/environment/{environment.pk}": ("edit", "remove", "key"),
        f"{ADMIN}/environmentkey/{key.pk}": ("rotate", "revoke"),
        f"{ADMIN}/rolloutplan/{plan.pk}": ("pause", "undo", "cancel"),
        f"{ADMIN}/configurationdeployment/{deployment.pk}": ("pause", "resume", "undo"),
        f"{ADMIN}/featureflag/{flag.pk}": ("edit", "archive"),
    }

    rows = (segment, environment, key, plan, flag, deployment)
    for row in rows:
        row.refresh_from_db()

    for path, verbs in pages.items():
        assert looks.get(f"{path}/change/").status_code == 200
        assert stranger.get(f"{path}/change/").status_code == 403
        for verb in verbs:
            assert looks.post(f"{path}/{verb}/", {"confirmed": "yes"}).status_code == 403
    for row in rows:
        before = row.__dict__.copy()
        row.refresh_from_db()
        assert {name: row.__dict__[name] for name in before if name != "_state"} == {
            name: value for name, value in before.items() if name != "_state"
        }


def test_a_segment_is_not_changed_in_an_environment_of_another_tenant(
    editor: Client, flag: FeatureFlag
) -> None:
    segment = create_segment(key="beta")
    with in_tenant(make_tenant("other").pk):
        create_environment(key="elsewhere")

    path = f"{ADMIN}/segment/{segment.pk}/in/elsewhere/members/"

    assert editor.post(path, {"add": "ann", "confirmed": "yes"}).status_code == 404


def test_a_flag_is_made_described_and_archived_after_a_yes(editor: Client, tenant: Tenant) -> None:
    create_environment(key="production")
    sent = {"tenant": str(tenant.pk), "key": "new", "tags": "team:web b", "owner": "web"}
    yes(editor, f"{ADMIN}/featureflag/create/", **sent)
    made = FeatureFlag.objects.get()
    publish(None, [Change(target=made, definition=boolean())])

    yes(editor, f"{ADMIN}/featureflag/{made.pk}/edit/", client_visible="on", tags="")
    yes(editor, f"{ADMIN}/featureflag/{made.pk}/archive/")

    made.refresh_from_db()
    assert (made.key, made.tags, made.client_visible) == ("new", [], True)
    assert made.archived_at is not None
    assert "new" not in snapshots.get(tenant.pk).flags
    yes(editor, f"{ADMIN}/featureflag/{made.pk}/unarchive/")
    made.refresh_from_db()
    assert made.archived_at is None
