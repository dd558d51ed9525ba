"""Which flags use a segment, in each environment."""

from collections import defaultdict
from uuid import UUID

from django.db import transaction

from apps.config.domain.graphs import measure
from apps.config.domain.limits import DEFAULT
from apps.config.models import FeatureFlag, FlagState
from apps.config.selectors.definitions import stored

#: Flags that are told of, over all environments.
MOST_TOLD = 500


def flags_that_use(segment_key: str) -> dict[UUID, list[FeatureFlag]]:
    """Return the flags of the current tenant whose rules name a segment, by environment's id."""
    # Only those whose text has the key in it are read as JSON.
    states = FlagState.objects.filter(version__definition__contains=segment_key)
    found: dict[UUID, list[FeatureFlag]] = defaultdict(list)
    told = 0
    states = states.select_related("flag", "version").order_by("flag__key")
    # PostgreSQL streams inside a transaction only.
    with transaction.atomic():
        for state in states.iterator():
            definition = stored(state.version.definition) if state.version else {}
            uses = measure(definition.get("targeting"), DEFAULT).uses
            if ("$segments", segment_key) in uses:
                found[state.environment_id].append(state.flag)
                told += 1
                if told == MOST_TOLD:
                    break
    return found
