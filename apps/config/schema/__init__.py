"""The config subgraph."""

from apps.config.schema.queries import Query
from apps.config.schema.types import FeatureFlagType
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph("config", query=Query, entities=[FeatureFlagType])
