"""The operations of config as data: what operations.py makes rows of."""

from typing import Literal

Effect = Literal["adds", "changes", "removes"]

#: An entity, its field of one and of many, and the row that is meant.
READS = [
    ("FeatureFlag", "featureFlag", "featureFlags", ""),
    ("Environment", "environment", "environments", "environment"),
    ("EnvironmentKey", "environmentKey", "environmentKeys", "environment key"),
    ("Segment", "segment", "segments", "live segment"),
    ("ChangeRequest", "changeRequest", "changeRequests", "draft request"),
    ("RolloutPlan", "rolloutPlan", "rolloutPlans", "rollout"),
    (
        "ConfigurationDeployment",
        "configurationDeployment",
        "configurationDeployments",
        "deployment",
    ),
    ("FeatureFlagLife", "featureFlagLife", "featureFlagLives", "life"),
    ("FeatureFlagVersion", "featureFlagVersion", "featureFlagVersions", "flag version"),
    ("SegmentVersion", "segmentVersion", "segmentVersions", "segment version"),
]

_FLAG = r'definition: "{\"state\": \"ENABLED\", \"variants\": {\"on\": true}}"'
_SEGMENT = r'definition: "{\"members\": [\"eve\"]}"'

_REQUEST = "changeRequest { id }"
_DEPLOYMENT = "configurationDeployment { id }"
#: What takes another scope than config:write.
SCOPES = {"reviewChangeRequest": "config:approve"}

_IMPORTED = r"{\"variants\": {\"on\": true}, \"defaultVariant\": \"on\"}"
_DOCUMENT = r'format: FLAGD, document: "{\"flags\": {\"imported\": ' + _IMPORTED + '}}"'

#: A mutation, what it answers, what it is sent, what it does to the row, and which that is.
CHANGES: list[tuple[str, str, str, Effect, str]] = [
    ("createFeatureFlag", "featureFlag { id }", 'key: "dark-mode"', "adds", ""),
    ("updateFeatureFlag", "featureFlag { id }", 'id: "$id", owner: "x"', "changes", ""),
    ("publishFeatureFlag", "featureFlag { id }", f'id: "$id", {_FLAG}', "changes", ""),
    ("archiveFeatureFlag", "featureFlag { id }", 'id: "$id"', "changes", "live flag"),
    ("unarchiveFeatureFlag", "featureFlag { id }", 'id: "$id"', "changes", "archived flag"),
    ("createEnvironment", "environment { id }", 'key: "new"', "adds", "environment"),
    ("updateEnvironment", "environment { id }", 'id: "$id", name: "x"', "changes", "environment"),
    ("deleteEnvironment", "environment { id }", 'id: "$id"', "removes", "environment"),
    ("rotateEnvironmentKey", "environmentKey { id }", 'id: "$id"', "changes", "environment key"),
    ("revokeEnvironmentKey", "environmentKey { id }", 'id: "$id"', "changes", "environment key"),
    ("updateChangeRequest", _REQUEST, 'id: "$id", title: "x"', "changes", "draft request"),
    ("submitChangeRequest", _REQUEST, 'id: "$id"', "changes", "draft request"),
    ("reviewChangeRequest", _REQUEST, 'id: "$id", verdict: REJECT', "changes", "open request"),
    (
        "scheduleChangeRequest",
        _REQUEST,
        'id: "$id", applyAt: "2099-01-01T00:00:00Z"',
        "changes",
        "draft request",
    ),
    ("withdrawChangeRequest", _REQUEST, 'id: "$id"', "changes", "draft request"),
    ("applyChangeRequest", _REQUEST, 'id: "$id"', "changes", "approved request"),
    ("pauseRollout", "rolloutPlan { id }", 'id: "$id"', "changes", "rollout"),
    ("resumeRollout", "rolloutPlan { id }", 'id: "$id"', "changes", "paused rollout"),
    ("cancelRollout", "rolloutPlan { id }", 'id: "$id"', "changes", "rollout"),
    ("rollBackRollout", "rolloutPlan { id }", 'id: "$id"', "changes", "rollout"),
    ("pauseConfigurationDeployment", _DEPLOYMENT, 'id: "$id"', "changes", "deployment"),
    ("resumeConfigurationDeployment", _DEPLOYMENT, 'id: "$id"', "changes", "paused deployment"),
    ("rollBackConfigurationDeployment", _DEPLOYMENT, 'id: "$id"', "changes", "deployment"),
    ("createSegment", "segment { id }", 'key: "friends"', "adds", "live segment"),
    ("updateSegment", "segment { id }", 'id: "$id", name: "x"', "changes", "live segment"),
    ("deleteSegment", "segment { id }", 'id: "$id"', "removes", "live segment"),
    (
        "deleteSegments",
        "outcomes { segment { id } error { code } }",
        'ids: ["$id"]',
        "removes",
        "live segment",
    ),
    ("importFeatureFlags", "environment { id } published", _DOCUMENT, "adds", ""),
]

#: The same of what changes other rows than the one that is named.
ASIDE = [
    (
        "startRollout",
        "rolloutPlan { variant }",
        'flagId: "$id", variant: "on", steps: [{percent: 10, holdSeconds: 60}]',
        "live flag",
    ),
    (
        "startConfigurationDeployment",
        "configurationDeployment { key percent }",
        'key: "mail.host", value: "b", steps: [{percent: 100, holdSeconds: 60}]',
        "configuration value",
    ),
    (
        "createChangeRequest",
        "changeRequest { title }",
        'title: "x", changes: [{flagId: "$id"}]',
        "live flag",
    ),
    ("setFeatureFlagExposure", "featureFlag { key }", 'id: "$id", rate: 0.5', "live flag"),
    (
        "snoozeFeatureFlag",
        "featureFlagLife { key }",
        'id: "$id", until: null',
        "live flag",
    ),
    (
        "describeFeatureFlagLife",
        "featureFlagLife { key }",
        'id: "$id", permanent: true',
        "live flag",
    ),
    ("unpublishFeatureFlag", "featureFlag { key }", 'id: "$id"', "live flag"),
    ("rollBackFeatureFlag", "featureFlag { key }", 'id: "$id", version: 1', "live flag"),
    (
        "copyFeatureFlag",
        "featureFlag { key }",
        'id: "$id", source: "production", environment: "test"',
        "live flag",
    ),
    ("killFeatureFlag", "featureFlag { key }", 'id: "$id"', "live flag"),
    ("restoreFeatureFlag", "featureFlag { key }", 'id: "$id"', "live flag"),
    ("publishSegment", "segment { key }", f'id: "$id", {_SEGMENT}', "live segment"),
    ("unpublishSegment", "segment { key }", 'id: "$id"', "live segment"),
    ("rollBackSegment", "segment { key }", 'id: "$id", version: 1', "live segment"),
    ("changeSegmentMembers", "segment { key }", 'id: "$id", add: ["bob"]', "live segment"),
    (
        "copyEnvironment",
        "environment { key }",
        'id: "$id", source: "production"',
        "other environment",
    ),
    (
        "createEnvironmentKey",
        "environmentKey { kind } secret",
        'environmentId: "$id", name: "web"',
        "environment",
    ),
]

#: A question of its own kind, and the row that is meant.
QUESTIONS = [
    (
        "evaluateFeatureFlag",
        'evaluateFeatureFlag(key: "a", contexts: [{}]) { value reason }',
        "live flag",
    ),
    ("validateFeatureFlag", 'validateFeatureFlag(key: "a", definition: "") { place }', "live flag"),
    ("validateSegment", 'validateSegment(key: "a", definition: "") { place }', "live flag"),
    (
        "featureFlagDifferences",
        'featureFlagDifferences(id: "$id", before: 1, after: 2) { place after }',
        "live flag",
    ),
    (
        "segmentDifferences",
        'segmentDifferences(id: "$id", before: 1, after: 2) { place after }',
        "live segment",
    ),
    (
        "environmentDifferences",
        'environmentDifferences(before: "production", after: "test") { kind }',
        "live flag",
    ),
    (
        "featureFlagDefinitions",
        "featureFlagDefinitions { revision definitions }",
        "live flag",
    ),
    (
        "featureFlagUsage",
        'featureFlagUsage(id: "$id") { exposureRate }',
        "live flag",
    ),
    ("featureFlagAssignment", 'featureFlagAssignment(id: "$id") { verdict }', "live flag"),
    (
        "featureFlagsDocument",
        "featureFlagsDocument(format: FLAGD) { document revision }",
        "live flag",
    ),
]
