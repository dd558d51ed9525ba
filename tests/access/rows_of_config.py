"""Rows of config, for its operations to see, to change and to remove."""

from collections.abc import Callable
from typing import Any

from apps.config.models import (
    ChangeRequest,
    ConfigurationDeployment,
    FeatureFlag,
    FlagVersion,
    RolloutPlan,
    Segment,
    SegmentVersion,
)
from apps.config.selectors.places import Place
from apps.config.services.changes import Change
from apps.config.services.configurations import create_configuration
from apps.config.services.deployments import pause_deployment, start_deployment
from apps.config.services.environments import create_environment, default
from apps.config.services.flags import archive_flag, create_flag
from apps.config.services.keys import create_environment_key
from apps.config.services.publishing import publish
from apps.config.services.requests import Proposal, create_request, submit_request
from apps.config.services.rollouts import pause_rollout, start_rollout
from apps.config.services.segments import create_segment
from apps.config.services.staleness import describe_flag_life
from apps.config.services.values import Saying
from kernel.ids import new_id
from kernel.tenancy.context import current_tenant_id


def environment() -> Any:
    """Return one beside production, in which nothing is."""
    return create_environment(key=f"e-{new_id()}", position=1)


def _other_environment() -> Any:
    made = environment()
    create_environment(key="production", position=0)
    return made


def live_flag() -> FeatureFlag:
    """Return a flag with two versions in production, and none in another environment."""
    flag = create_flag(key=f"flag-{new_id()}")
    create_environment(key="production", position=0)
    create_environment(key="test", position=1)
    for default_variant in ("on", "off"):
        text = (
            '{"state": "ENABLED", "variants": {"on": true, "off": false},'
            f' "defaultVariant": "{default_variant}"}}'
        )
        publish(None, [Change(target=flag, definition=text)])
    flag.refresh_from_db()
    return flag


def live_segment() -> Segment:
    """Return a segment with two versions in production."""
    segment = create_segment(key=f"segment-{new_id()}")
    for member in ("ann", "bob"):
        text = f'{{"members": ["{member}"]}}'
        publish(default().pk, [Change(target=segment, definition=text)])
    return segment


def _flag_version() -> FlagVersion:
    flag = create_flag(key=f"flag-{new_id()}")
    text = '{"state": "ENABLED", "variants": {"on": true}}'
    publish(default().pk, [Change(target=flag, definition=text)])
    return FlagVersion.objects.get(flag_id=flag.pk)


def _segment_version() -> SegmentVersion:
    segment = create_segment(key=f"segment-{new_id()}")
    publish(default().pk, [Change(target=segment, definition='{"members": []}')])
    return SegmentVersion.objects.get(segment_id=segment.pk)


def _draft(approvals: int = 0) -> ChangeRequest:
    there = create_environment(key=f"e-{new_id()}", approvals_required=approvals)
    flag = create_flag(key=f"flag-{new_id()}")
    text = '{"state": "ENABLED", "variants": {"on": true}}'
    change = Proposal(flag_id=str(flag.pk), definition=text)
    return create_request(title="Turn it on", changes=[change], environment=there.pk)


def _rollout() -> RolloutPlan:
    return start_rollout(flag_id=str(live_flag().pk), variant="on", steps=[(10, 60)])


def _deployment(key: str = "") -> ConfigurationDeployment:
    key = key or f"key-{new_id()}"
    create_configuration(key=key, type="string")
    place = Place(current_tenant_id(), default().key)
    return start_deployment(place, Saying(key=key, value='"a"'), steps=[(10, 60), (100, 60)])


def _flag_beside_a_deployment() -> FeatureFlag:
    _deployment("deployed")
    return create_flag(key=f"flag-{new_id()}")


def _named_flag() -> FeatureFlag:
    default()
    return create_flag(key="new-search")


#: Each by its name in an operation.
ROWS: dict[str, Callable[[], Any]] = {
    "approved request": lambda: submit_request(id=str(_draft().pk)),
    "draft request": _draft,
    "open request": lambda: submit_request(id=str(_draft(approvals=1).pk)),
    "deployment": _deployment,
    "flag beside a deployment": _flag_beside_a_deployment,
    "paused deployment": lambda: pause_deployment(id=str(_deployment().pk)),
    "rollout": _rollout,
    "paused rollout": lambda: pause_rollout(id=str(_rollout().pk)),
    "named flag": _named_flag,
    "archived flag": lambda: archive_flag(id=str(create_flag(key=f"flag-{new_id()}").pk)),
    "environment": environment,
    "other environment": _other_environment,
    "environment key": lambda: create_environment_key(
        environment_id=str(environment().pk), name="web"
    )[0],
    "flag version": _flag_version,
    "life": lambda: describe_flag_life(id=str(live_flag().pk), permanent=True),
    "live flag": live_flag,
    "live segment": live_segment,
    "segment version": _segment_version,
}
