"""The table of operations: nothing is missing without a reason, and tests run each of them."""

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from project.graph import subgraph
from project.management.commands.operations_reference import (
    KINDS,
    Notes,
    Operation,
    found_in,
    operations,
)
from tests.access.operations import OPERATIONS


def table() -> list[Operation]:
    return [one for service in settings.SERVICES for one in operations(service)]


def test_the_page_is_what_the_schemas_say() -> None:
    call_command("operations_reference", "--check", stdout=StringIO())


def test_every_entity_has_each_kind_or_a_reason() -> None:
    told = [(one.entity, one.kind) for one in table() if one.fields or one.remark]

    assert told == [
        (entity, kind)
        for service in settings.SERVICES
        for entity in subgraph(service).entities
        for kind in KINDS
    ]


#: Of which things that are no entities an operation of the matrix is: each service has the same.
BACKGROUND = {"failed job", "queued job", "dead letter"}
ASIDE = {
    "_entities",
    "addAuditActionSchema",
    "allowFileTypes",
    "allowedFileTypes",
    "auditActionSchemas",
    "auditLogActionCounts",
    "auditRetentionPlan",
    "checkConfigurationValues",
    "chores",
    "checkDocumentTemplate",
    "configurationValues",
    "configurationVersions",
    "cronPreview",
    "dataTableRows",
    "datasets",
    "documentGallery",
    "documentTemplateDifferences",
    "documentTemplateExport",
    "environmentDifferences",
    "eraseAuditSubject",
    "evaluateFeatureFlag",
    "featureFlagAssignment",
    "featureFlagDefinitions",
    "featureFlagDifferences",
    "featureFlagUsage",
    "featureFlagsDocument",
    "folderByPath",
    "importConfigurationValues",
    "importFailedRows",
    "importFeatureFlags",
    "importTriedColumn",
    "jobCalendar",
    "jobScheduleBackfill",
    "jobTimeline",
    "notificationTemplatePreview",
    "notificationWorkflowTrial",
    "pdfForm",
    "previewDocumentTemplate",
    "reportCodeReferences",
    "reportConfigurationOutcomes",
    "reportFeatureFlagUsage",
    "reportOutcomes",
    "rollBackConfigurationValue",
    "segmentDifferences",
    "setAuditActionSchemaMode",
    "setConfigurationValues",
    "systemSchedules",
    "validateFeatureFlag",
    "validateSegment",
}
PROOFS = {
    "auditCheckpoint",
    "auditConsistencyProof",
    "auditLogProof",
    "auditTile",
    "auditVerifierKeys",
}


def test_every_operation_of_the_table_is_in_the_access_matrix_with_its_scope() -> None:
    listed = {(one.service, name): one for one in table() for name in one.fields}
    # Jobs are no entities: each service has the same four, which docs/jobs.md tells. Beside the
    # table: what gateways use, what is no entity of its own, and what proves logs.
    beside = {*ASIDE, *PROOFS}
    run = {
        (one.service, one.name): one.scope
        for one in OPERATIONS
        if one.row not in BACKGROUND and one.name not in beside
    }

    assert listed.keys() == run.keys()
    # What is one kind of operation may need several scopes, each for a part of it.
    for one in filter(lambda kind: kind.fields, table()):
        assert {run[one.service, name] for name in one.fields} == set(one.scope.split(", "))


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        ({}, "FileVersion has no create: add it, or its reason to NOTES of the schema of files"),
        ({"File": {"create": " "}}, "NOTES of files: create of File says nothing"),
        ({"File": {"burn": "It is hot."}}, "NOTES of files name burn of File: what is it?"),
        ({"Shelf": {"create": "Later."}}, "NOTES of files name create of Shelf: what is it?"),
    ],
)
def test_a_gap_without_a_reason_and_a_reason_for_nothing_are_refused(
    notes: Notes, message: str
) -> None:
    with pytest.raises(CommandError) as refused:
        list(found_in(subgraph("files"), notes))

    assert str(refused.value) == message
