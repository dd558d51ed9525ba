"""The config subgraph."""

from apps.config.schema.configurations import ConfigurationEntity
from apps.config.schema.deployments import ConfigurationDeploymentType
from apps.config.schema.environments import EnvironmentType
from apps.config.schema.keys import EnvironmentKeyType
from apps.config.schema.life import FlagLifeType
from apps.config.schema.mutations import Mutation
from apps.config.schema.queries import Query
from apps.config.schema.requests import ChangeRequestType
from apps.config.schema.rollouts import RolloutPlanType
from apps.config.schema.segments import SegmentType
from apps.config.schema.types import FeatureFlagType
from apps.config.schema.versions import FlagVersionType, SegmentVersionType
from kernel.background.events import events_of
from kernel.background.jobs import jobs_of
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph(
    "config",
    query=Query,
    mutation=Mutation,
    entities=[
        ChangeRequestType,
        ConfigurationDeploymentType,
        ConfigurationEntity,
        EnvironmentType,
        EnvironmentKeyType,
        FeatureFlagType,
        FlagLifeType,
        FlagVersionType,
        RolloutPlanType,
        SegmentType,
        SegmentVersionType,
    ],
    more=[jobs_of("config"), events_of("config")],
)

#: What the table of operations says beside them, or in their place.
NOTES = {
    "Configuration": {
        "update": "Not its key and type: programs rely on them.",
        "bulk": "Their values are said in bulk, by `setConfigurationValues`.",
    },
    "ConfigurationDeployment": {
        "delete": "`rollBackConfigurationDeployment`: what was done stays to be seen.",
        "bulk": "Each is watched by itself.",
    },
    "RolloutPlan": {
        "delete": "`cancelRollout` or `rollBackRollout`: what was done stays to be seen.",
        "bulk": "Each is watched by itself.",
    },
    "ChangeRequest": {
        "delete": "`withdrawChangeRequest`: what was asked for stays to be seen.",
        "bulk": "Each is reviewed by itself.",
    },
    "FeatureFlagLife": {
        "create": "Each flag has one, as soon as there is something to tell of it.",
        "update": "`snoozeFeatureFlag` and `describeFeatureFlagLife`; the rest is judged.",
        "delete": "It goes with its flag.",
        "bulk": "`reportCodeReferences` tells of all flags together.",
    },
    "Environment": {"bulk": "A tenant has few of them, and each is thought about."},
    "EnvironmentKey": {
        "update": "`rotateEnvironmentKey`: what it opens never changes.",
        "delete": "`revokeEnvironmentKey`: that it was there stays to be seen.",
        "bulk": "An environment has few of them, and each is thought about.",
    },
    "FeatureFlagVersion": {
        "create": "`publishFeatureFlag`: each publishing makes one.",
        "update": "It never changes: the database refuses.",
        "delete": "It goes with its flag.",
        "bulk": "`copyEnvironment` publishes many together.",
    },
    "SegmentVersion": {
        "create": "`publishSegment`: each publishing makes one.",
        "update": "It never changes: the database refuses.",
        "delete": "It goes with its segment.",
        "bulk": "`copyEnvironment` publishes many together.",
    },
    "FeatureFlag": {"update": "Not its key: programs ask for it."},
}
