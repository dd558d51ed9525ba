"""Who gets what and why, and what would be wrong: asked without changing anything."""

from typing import Any

import graphene

from apps.config.models import FeatureFlag, Segment
from apps.config.schema.publishing import ConfigFinding, told_of
from apps.config.services.testing import explain, validate
from kernel.federation.access import scope
from kernel.federation.scalars import JSON

_ENVIRONMENT = "The key of an environment; the first if not said."


class FeatureFlagStep(graphene.ObjectType):
    """What one operator gave, in the order in which they finished."""

    place = graphene.String(required=True, description="A JSON pointer into the environment.")
    operator = graphene.String(required=True)
    result = JSON()
    detail = JSON(description="Of a split: the bucket, out of how many.")


class FeatureFlagEvaluation(graphene.ObjectType):
    """Who gets what, in OpenFeature's words, and why."""

    value = JSON(description="Null for the caller's own default.")
    variant = graphene.String()
    reason = graphene.String(required=True)
    error_code = graphene.String()
    error_message = graphene.String()
    metadata = JSON(required=True)
    revision = graphene.String(required=True)
    bucketing = graphene.String(required=True)
    steps = graphene.List(graphene.NonNull(FeatureFlagStep), required=True)


class Trying:
    """What is asked of definitions."""

    evaluate_feature_flag = graphene.List(
        graphene.NonNull(FeatureFlagEvaluation),
        required=True,
        description="Who gets what and why, for each of at most 100 contexts.",
        key=graphene.String(required=True),
        contexts=graphene.List(
            graphene.NonNull(JSON), required=True, description="Objects, as in OFREP."
        ),
        environment=graphene.String(description=_ENVIRONMENT),
        definition=graphene.String(description="One to be tried in place of what is published."),
    )
    validate_feature_flag = graphene.List(
        graphene.NonNull(ConfigFinding),
        required=True,
        description="What would be wrong if this were published; nothing is changed.",
        key=graphene.String(required=True),
        definition=graphene.String(required=True),
        environment=graphene.String(description=_ENVIRONMENT),
    )
    validate_segment = graphene.List(
        graphene.NonNull(ConfigFinding),
        required=True,
        description="What would be wrong if this were published; nothing is changed.",
        key=graphene.String(required=True),
        definition=graphene.String(required=True),
        environment=graphene.String(description=_ENVIRONMENT),
    )

    @staticmethod
    @scope("config:read")
    def resolve_evaluate_feature_flag(
        _root: Any, _info: Any, key: str, contexts: list[Any], **told: Any
    ) -> list[dict[str, Any]]:
        return [
            {
                **one.evaluation._asdict(),
                "revision": one.revision,
                "bucketing": one.bucketing,
                "steps": [step._asdict() for step in one.steps],
            }
            for one in explain(key, contexts, **told)
        ]

    @staticmethod
    @scope("config:read")
    def resolve_validate_feature_flag(
        _root: Any, _info: Any, key: str, definition: str, environment: str | None = None
    ) -> list[dict[str, Any]]:
        return list(map(told_of, validate(FeatureFlag(key=key), definition, environment)))

    @staticmethod
    @scope("config:read")
    def resolve_validate_segment(
        _root: Any, _info: Any, key: str, definition: str, environment: str | None = None
    ) -> list[dict[str, Any]]:
        return list(map(told_of, validate(Segment(key=key), definition, environment)))
