"""What flags and segments are in environments, as a field of their rows."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from apps.config.models import Environment, FlagState, Origin, SegmentState
from apps.config.selectors.environments import Reference
from apps.config.selectors.places import FIRST
from apps.config.services.changes import Change as Publishing
from apps.config.services.changes import Target
from apps.config.services.environments import hold_all
from apps.config.services.publishing import publish
from contracts.datasets import Field, Kind
from kernel.datasets.registry import Change
from kernel.errors import InvalidInputError

DEFINITIONS = Field(
    name="definitions",
    title="Definitions",
    description="What it is in each environment, by the keys of these: an object of objects.",
    kind=Kind.JSON,
)
#: Of what is published and said.
REASON = "import"


def definitions_of(
    states: type[FlagState] | type[SegmentState], target: str, ids: Iterable[UUID]
) -> dict[UUID, dict[str, Any]]:
    """Return what each of these is in the environments in which it is something."""
    rows = (
        states.objects.filter(**{f"{target}__in": list(ids)})
        .exclude(version=None)
        .exclude(version__definition="")
        .order_by("environment__position", "environment__key")
    )
    found: dict[UUID, dict[str, Any]] = defaultdict(dict)
    for pk, key, text in rows.values_list(target, "environment__key", "version__definition"):
        found[pk][key] = json.loads(text)
    return found


def hold_environments() -> None:
    """Let nobody publish meanwhile: environments are locked before what is in them."""
    hold_all(list(Environment.objects.values_list("pk", flat=True)))


def publish_changes(changes: Sequence[tuple[Change, Target]]) -> None:
    """Publish what rows say of these, as one change of each environment.

    What a row does not name of the environments that it was in, it is in no more.
    """
    publishing: dict[str, list[Publishing]] = defaultdict(list)
    for change, target in changes:
        if "definitions" not in change.changed:
            continue
        before = change.before["definitions"] if change.before else {}
        wanted = _checked(change.row["definitions"])
        for key in sorted({*before, *wanted}):
            if before.get(key) != wanted.get(key):
                publishing[key].append(Publishing(target=target, definition=_text(wanted, key)))
    for key, some in sorted(publishing.items()):
        publish(_environment(key), some, reason=REASON, origin=Origin.IMPORT)


def _environment(key: str) -> Reference:
    """Return an environment by its key; who has made none has production."""
    return None if key == FIRST and not Environment.objects.exists() else key


def _text(definitions: dict[str, Any], key: str) -> str | None:
    given = definitions.get(key)
    return None if given is None else json.dumps(given, ensure_ascii=False, indent=2)


def _checked(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
        raise InvalidInputError("definitions are an object of objects, by keys of environments")
    return given
