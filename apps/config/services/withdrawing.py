"""What an environment says changes without a version: something is removed, killed, shown."""

from collections.abc import Sequence

from apps.config.errors import ApprovalRequiredError
from apps.config.models import Environment, FeatureFlag, Segment
from apps.config.selectors.definitions import Definition
from apps.config.services import environments
from apps.config.services.changes import Target
from apps.config.services.publishing import compiled
from apps.config.services.snapshots import snapshots


def withdraw(held: Sequence[Environment], targets: Sequence[Target]) -> None:
    """Let held environments say nothing more of these flags or segments.

    Raises DefinitionRefusedError where others depend on one, ApprovalRequiredError.
    """
    flags = {one.key: None for one in targets if isinstance(one, FeatureFlag)}
    segments = {one.key: None for one in targets if isinstance(one, Segment)}
    for environment in held:
        if environment.approvals_required:
            raise ApprovalRequiredError(environment.key, environment.approvals_required)
        before = snapshots.current(environment)
        settle(environment, before.definition.with_changes(flags, segments), targets)


def settle(environment: Environment, after: Definition, changed: Sequence[Target]) -> None:
    """Let a held environment say this from the commit on; raises DefinitionRefusedError."""
    before = snapshots.current(environment)
    flags = compiled(before.flags, after, changed, environment.revision + 1)
    environments.advance(environment)
    snapshots.settle(environment, after, flags)


def refresh(held: Sequence[Environment]) -> None:
    """Give held environments a revision in which the same is said, and to others."""
    for environment in held:
        before = snapshots.current(environment)
        environments.advance(environment)
        snapshots.settle(environment, before.definition, before.flags.at(str(environment.revision)))
