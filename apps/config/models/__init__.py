"""Environments, and what is said in each of them of flags and segments."""

from apps.config.models.configurations import (
    Configuration,
    ConfigurationRevision,
    ConfigurationType,
    ConfigurationValue,
    ConfigurationVersion,
    ValueOrigin,
)
from apps.config.models.deployments import ConfigurationDeployment, DeploymentUnit
from apps.config.models.environments import Environment, EnvironmentKey, KeyKind
from apps.config.models.flags import FeatureFlag, FlagState, FlagType, FlagVersion
from apps.config.models.life import FlagLife, LifeStage
from apps.config.models.requests import (
    ChangeRequest,
    ProposedChange,
    ProposedValue,
    RequestState,
    Review,
    Verdict,
)
from apps.config.models.rollouts import OutcomeReport, RolloutPlan, RolloutState
from apps.config.models.segments import Segment, SegmentState, SegmentVersion
from apps.config.models.usage import (
    ExposureSample,
    FlagExposure,
    FlagUsage,
    UsageWriter,
    Way,
)
from apps.config.models.versions import Origin, State, Version

__all__ = [
    "ChangeRequest",
    "Configuration",
    "ConfigurationDeployment",
    "ConfigurationRevision",
    "ConfigurationType",
    "ConfigurationValue",
    "ConfigurationVersion",
    "DeploymentUnit",
    "Environment",
    "EnvironmentKey",
    "ExposureSample",
    "FeatureFlag",
    "FlagExposure",
    "FlagLife",
    "FlagState",
    "FlagType",
    "FlagUsage",
    "FlagVersion",
    "KeyKind",
    "LifeStage",
    "Origin",
    "OutcomeReport",
    "ProposedChange",
    "ProposedValue",
    "RequestState",
    "Review",
    "RolloutPlan",
    "RolloutState",
    "Segment",
    "SegmentState",
    "SegmentVersion",
    "State",
    "UsageWriter",
    "ValueOrigin",
    "Verdict",
    "Version",
    "Way",
]
