"""What would be said: a definition that is not published is compiled, and asked."""

from collections.abc import Sequence
from typing import Any

from apps.config.domain.compiling import compile_set
from apps.config.domain.evaluations import Explanation
from apps.config.domain.findings import Finding, Severity
from apps.config.domain.flags import FlagSet
from apps.config.errors import DefinitionRefusedError
from apps.config.models import FeatureFlag, Segment
from apps.config.selectors.environments import Reference
from apps.config.services.changes import Change, Target, place_of
from apps.config.services.publishing import inside
from apps.config.services.snapshots import BUCKETING, Snapshot, snapshots
from kernel.errors import InvalidInputError, LimitExceededError
from kernel.tenancy.context import current_tenant_id

MOST_CONTEXTS = 100


def validate(target: Target, definition: str, environment: Reference = None) -> list[Finding]:
    """Return what would be wrong, and what is likely a mistake, if this were published."""
    there = snapshots.get(current_tenant_id(), environment)
    try:
        flags = _with(there, Change(target=target, definition=definition))
    except DefinitionRefusedError as error:
        return list(error.findings)
    known, place = set(there.flags.findings), place_of(target)
    return [
        one
        for one in flags.findings
        if inside(one.place, place) or (one not in known and one.severity is Severity.ERROR)
    ]


def explain(
    key: str,
    contexts: Sequence[Any],
    *,
    environment: Reference = None,
    definition: str | None = None,
) -> list[Explanation]:
    """Return for each context who gets what, and why; by a definition that is tried, if one is.

    Raises DefinitionRefusedError, InvalidInputError, LimitExceededError, NotFoundError.
    """
    if len(contexts) > MOST_CONTEXTS:
        raise LimitExceededError(f"at most {MOST_CONTEXTS} contexts, found {len(contexts)}")
    if not all(isinstance(context, dict) for context in contexts):
        raise InvalidInputError("a context is an object, as in OFREP")
    there = snapshots.get(current_tenant_id(), environment)
    flags = there.flags
    if definition is not None:
        flags = _with(there, Change(target=FeatureFlag(key=key), definition=definition))
    return [flags.explain(key, context) for context in contexts]


def _with(there: Snapshot, change: Change) -> FlagSet:
    given = {change.target.key: change.parsed()}
    segments = given if isinstance(change.target, Segment) else {}
    tried = there.definition.with_changes({} if segments else given, segments)
    return compile_set(
        tried.told(), revision=str(there.revision), strict=False, bucketing=BUCKETING
    )
