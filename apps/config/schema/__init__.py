"""The config subgraph."""

from apps.config.schema.mutations import Mutation
from apps.config.schema.queries import Query
from apps.config.schema.types import FeatureFlagType
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph("config", query=Query, mutation=Mutation, entities=[FeatureFlagType])

#: What the table of operations says beside them, or in their place.
NOTES = {
    "FeatureFlag": {"update": "Not its key: programs ask for it."},
}
