"""What may be told to the audit log; nothing can be changed or deleted."""

from collections.abc import Sequence
from typing import Any

import graphene
from graphql import GraphQLResolveInfo

from apps.audit.access import ERASE
from apps.audit.schema.exports import ExportChanges
from apps.audit.schema.inputs import (
    CreateAuditLogInput,
    CreateAuditLogsInput,
    EraseAuditSubjectInput,
    entry,
    given,
)
from apps.audit.schema.retention import RetentionMutation
from apps.audit.schema.rules import RuleChanges
from apps.audit.schema.schemas import SchemaMutations
from apps.audit.schema.searches import SearchChanges
from apps.audit.schema.sources import SourceChanges
from apps.audit.schema.streams import StreamChanges
from apps.audit.schema.types import AuditLogType
from apps.audit.schema.viewers import ViewerChanges
from apps.audit.services.erasing import SubjectErasure, erase_subject
from apps.audit.services.receipts import sealed
from apps.audit.services.recording import Outcome, record, record_all
from kernel.federation.mutations import Bulk, Change, Create
from kernel.federation.outcomes import MutationError
from kernel.federation.scalars import JSON

RECEIPT = "When `waitSealed` was sent: what proves it to anybody, for ever."


class AuditLogOutcome(graphene.ObjectType):
    """What became of one entry of a batch."""

    audit_log = graphene.Field(AuditLogType)
    new = graphene.Boolean(required=True, description="False when it was recorded before.")
    receipt = JSON(description=RECEIPT)
    error = graphene.Field(MutationError)


class _Waits(Change):
    """Records entries and, if it is told to, answers with their receipts.

    It waits when all is committed: a key of the request, which stands for the answer, has its part
    in that.
    """

    def answer(self, sent: dict[str, Any], info: GraphQLResolveInfo) -> dict[str, Any]:
        rest = {name: value for name, value in sent.items() if name != "wait_sealed"}
        told = super().answer(rest, info)
        if any(one.get("wait_sealed") for one in (sent, *sent.get("logs", ()))):
            _add_receipts([one for one in told.get("outcomes", [told]) if one.get("audit_log")])
        return told


def _add_receipts(told: Sequence[dict[str, Any]]) -> None:
    found = sealed([one["audit_log"].pk for one in told])
    for one in told:
        one["receipt"] = found.receipts.get(one["audit_log"].pk)
        if one["receipt"] is None and found.error is not None:
            one["error"] = MutationError.of(found.error)


class CreateOne(_Waits, Create):
    """Records an entry. Its key is kept as long as the entry, and stands for it in the tenant."""

    def keyed(
        self, sent: dict[str, Any], of_request: str | None
    ) -> tuple[str | None, dict[str, Any]]:
        key, rest = super().keyed(sent, of_request)
        return None, rest | {"idempotency_key": key}

    def results(self) -> dict[str, Any]:
        return super().results() | {"receipt": JSON(description=RECEIPT)}


class CreateMany(_Waits, Bulk):
    """Records entries, and says which of them were new."""

    def outcome_type(self) -> type[graphene.ObjectType]:
        return AuditLogOutcome

    def outcome(self, one: Outcome) -> dict[str, Any]:
        error = MutationError.of(one.error) if one.error else None
        return {"audit_log": one.log, "new": one.new, "error": error}


class Erase(Change):
    """Erases a data subject: what is answered tells of the key, for the rows stay as they are."""

    def __init__(self, **options: Any) -> None:
        super().__init__(AuditLogType, **options)
        self.scope = ERASE

    def results(self) -> dict[str, Any]:
        return {
            "logs": graphene.Int(
                description="Logs with something personal of the subject, up to 100,000; 0 when"
                " there is none, or it was erased before."
            ),
            "erased_at": graphene.DateTime(description="Null when nothing was erased."),
            "held_by": graphene.List(
                graphene.NonNull(graphene.String),
                description="Legal holds that would not let it happen.",
            ),
        }

    def done(self, made: SubjectErasure) -> dict[str, Any]:
        return {"logs": made.logs, "erased_at": made.erased_at, "held_by": made.held_by}


class Mutation(
    SchemaMutations,
    SourceChanges,
    RuleChanges,
    SearchChanges,
    ExportChanges,
    ViewerChanges,
    StreamChanges,
    RetentionMutation,
    graphene.ObjectType,
):
    """Changes of the audit log."""

    create_audit_log = CreateOne(
        AuditLogType,
        input=CreateAuditLogInput,
        by=lambda **told: record(entry(told)),
        description="Record one thing that happened.",
    )
    create_audit_logs = CreateMany(
        AuditLogType,
        input=CreateAuditLogsInput,
        by=lambda logs, all_or_nothing=False: record_all(
            [entry(told) for told in logs], all_or_nothing=bool(all_or_nothing)
        ),
        description=(
            "Record many things that happened; a bad entry does not keep the others out, unless"
            " all or nothing is asked for."
        ),
    )
    erase_audit_subject = Erase(
        input=EraseAuditSubjectInput,
        by=lambda **told: erase_subject(**given(told)),
        description="Erase what is personal of a subject, for ever; every proof stays good.",
    )
