"""Flags of other systems in, and out for other systems, through the graph."""

from typing import Any

import graphene

from apps.config.domain.hashing import NEWEST
from apps.config.domain.importing.formats import Format, Source, Syntax
from apps.config.domain.importing.reports import Line, Outcome
from apps.config.schema.environments import EnvironmentType
from apps.config.services import exporting
from apps.config.services.changes import MOST_CHANGES
from apps.config.services.importing import Imported, import_flags
from apps.config.services.snapshots import BUCKETING, snapshots
from kernel.federation.access import scope
from kernel.federation.directives import list_size
from kernel.federation.mutations import Change, ChangeInput
from kernel.federation.scalars import JSON
from kernel.tenancy.context import current_tenant_id

FlagSource = graphene.Enum.from_enum(
    Format, name="FeatureFlagSource", description="Whose document of flags it is."
)
FlagSyntax = graphene.Enum.from_enum(
    Syntax, name="FeatureFlagSyntax", description="How a document of flags is written."
)
FlagTarget = graphene.Enum.from_enum(
    exporting.Target, name="FeatureFlagTarget", description="For whom flags are written."
)
ExchangeOutcome = graphene.Enum.from_enum(
    Outcome,
    name="FeatureFlagExchangeOutcome",
    description="How much of a flag is there afterwards.",
)

_BUCKETING = "How that flagd hashes: flagd-v1, flagd-v2 or flagd-v3, which is meant if not said."


class FeatureFlagExchangeLine(graphene.ObjectType):
    """What became of one flag or segment, or of one thing about it."""

    key = graphene.String(required=True)
    outcome = ExchangeOutcome(required=True)
    message = graphene.String(required=True, description="Empty where nothing is otherwise.")


def _report(**options: Any) -> graphene.List:
    made: graphene.List = list_size(assumed_size=MOST_CHANGES)(
        graphene.List(graphene.NonNull(FeatureFlagExchangeLine), **options)
    )
    return made


class ImportFeatureFlagsInput(ChangeInput):
    """A document of flags, and where it comes from."""

    environment = graphene.String(description="Where to: its key; the first if not said.")
    format = FlagSource(required=True)
    document = graphene.String(required=True, description="As it was exported there.")
    syntax = FlagSyntax(description="JSON if not said; YAML 1.2 without aliases.")
    bucketing = graphene.String(description=_BUCKETING)
    source_environment = graphene.String(
        description="Which of LaunchDarkly's, of a document with several; production if not said."
    )
    reason = graphene.String()
    dry_run = graphene.Boolean(description="True tells what would become of it; nothing changes.")


class Import(Change):
    """Publishes what a document says."""

    def results(self) -> dict[str, Any]:
        return {
            **super().results(),
            "published": graphene.Int(
                description="Flags and segments that are otherwise than before; in a dry run, that"
                " would be."
            ),
            "report": _report(),
        }

    def done(self, made: Imported) -> dict[str, Any]:
        lines = [_told(line) for line in made.report]
        return {"environment": made.environment, "published": made.published, "report": lines}


class FeatureFlagsDocument(graphene.ObjectType):
    """An environment, written for others to serve."""

    document = graphene.String(required=True, description="JSON.")
    signature = graphene.String(
        required=True,
        description="A JWS of the document, which is detached from it; the keys are at"
        " /.well-known/jwks.json.",
    )
    revision = graphene.BigInt(required=True)
    report = _report(required=True)


class FeatureFlagDefinitions(graphene.ObjectType):
    """All that an environment says, for a process that evaluates it itself."""

    revision = graphene.BigInt(required=True)
    bucketing = graphene.String(required=True, description="Of flags that name none.")
    definitions = JSON(required=True, description="In flagd's form, with what is more than its.")


class Exchange:
    """Flags for others."""

    feature_flag_definitions = graphene.Field(
        FeatureFlagDefinitions,
        description="Null while they are those of the revision that is known.",
        environment=graphene.String(description="Its key; the first if not said."),
        after=graphene.BigInt(description="The revision that is known."),
    )

    feature_flags_document = graphene.Field(
        FeatureFlagsDocument,
        description="All that another system can serve of an environment as we do.",
        environment=graphene.String(description="Its key; the first if not said."),
        format=FlagTarget(required=True),
        bucketing=graphene.String(description=_BUCKETING),
    )

    @staticmethod
    @scope("config:read")
    def resolve_feature_flag_definitions(
        _root: Any, _info: Any, environment: str | None = None, after: int | None = None
    ) -> dict[str, Any] | None:
        snapshot = snapshots.get(current_tenant_id(), environment)
        if snapshot.revision == after:
            return None
        return {
            "revision": snapshot.revision,
            "bucketing": BUCKETING,
            "definitions": snapshot.definition.told(),
        }

    @staticmethod
    @scope("config:read")
    def resolve_feature_flags_document(
        _root: Any,
        _info: Any,
        format: exporting.Target,
        environment: str | None = None,
        bucketing: str | None = None,
    ) -> dict[str, Any]:
        snapshot = snapshots.get(current_tenant_id(), environment)
        made = exporting.export(snapshot, format, bucketing=bucketing or NEWEST)
        content = exporting.written(made)
        return {
            "document": content.decode(),
            "signature": exporting.signature_of(content),
            "revision": snapshot.revision,
            "report": [_told(line) for line in made.report],
        }


class ExchangeChanges:
    """Flags of others."""

    import_feature_flags = Import(
        EnvironmentType,
        input=ImportFeatureFlagsInput,
        by=lambda **sent: _import(sent),
        description="Publish flags of another system as one change: nobody gets another variant.",
    )


def _import(sent: dict[str, Any]) -> Imported:
    source = Source(
        format=sent["format"],
        syntax=sent.get("syntax") or Syntax.JSON,
        bucketing=sent.get("bucketing") or NEWEST,
        environment=sent.get("source_environment") or "production",
    )
    return import_flags(
        sent.get("environment"),
        sent["document"],
        source,
        reason=sent.get("reason") or "",
        dry_run=bool(sent.get("dry_run")),
    )


def _told(line: Line) -> dict[str, str]:
    return {"key": line.key, "outcome": line.outcome.value, "message": line.message}
