"""Entries held to the schemas of their actions, before they are recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from apps.audit import metrics
from apps.audit.conf import SCHEMAS_ENFORCED
from apps.audit.domain.entries import Entry
from apps.audit.domain.schemas import Validator, Violation, compiled, violation
from apps.audit.errors import SchemaViolatedError
from apps.audit.models import ActionSchema, SchemaMode
from apps.audit.services.believing import Believed
from kernel.tenancy.context import current_tenant_id

#: Compiled schemas that a process keeps.
MOST_COMPILED = 500


@dataclass(frozen=True, slots=True)
class InForce:
    """A version that is not off."""

    id: UUID
    action: str
    version: int
    mode: str


@dataclass(frozen=True, slots=True)
class Warned:
    """An entry that does not fit a schema, and is recorded all the same."""

    number: int
    schema: InForce
    violation: Violation


@dataclass(slots=True)
class Judgement:
    """What is said of entries, by their numbers; of those that fit, nothing."""

    refused: dict[int, SchemaViolatedError] = field(default_factory=dict)
    warned: list[Warned] = field(default_factory=list)


def _in_force() -> dict[str, list[InForce]]:
    found: dict[str, list[InForce]] = {}
    rows = ActionSchema.objects.exclude(mode=SchemaMode.OFF).order_by("action", "version")
    for row in rows.values_list("id", "action", "version", "mode"):
        found.setdefault(row[1], []).append(InForce(*row))
    return found


known = Believed(_in_force)


def judge(entries: Mapping[int, Entry]) -> Judgement:
    """Hold entries to the schemas of their actions.

    Every version in force counts, in its own mode: so a new one is tried beside the old.
    """
    in_force, said = known.of(current_tenant_id()), Judgement()
    if not in_force:
        return said
    for number, entry in entries.items():
        for schema in in_force.get(entry.action, ()):
            found = violation(_validator(schema.id), entry)
            if found is None:
                continue
            metrics.SCHEMA_VIOLATIONS.labels(schema.mode).inc()
            if schema.mode == SchemaMode.WARN or not SCHEMAS_ENFORCED.value():
                said.warned.append(Warned(number, schema, found))
            else:
                text = f"{found} (version {schema.version} of the schema of {schema.action})"
                said.refused[number] = SchemaViolatedError(text)
    return said


@lru_cache(maxsize=MOST_COMPILED)
def _validator(schema_id: UUID) -> Validator:
    # A version never changes, and is asked for by its own tenant only.
    return compiled(ActionSchema.objects.values_list("schema", flat=True).get(pk=schema_id))
