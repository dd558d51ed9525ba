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


def test_every_operation_of_the_table_is_in_the_access_matrix_with_its_scope() -> None:
    listed = {(one.service, name, one.scope) for one in table() for name in one.fields}
    run = {(one.service, one.name, one.scope) for one in OPERATIONS}

    # Beside the table, the matrix has what gateways use, and a count.
    beside = {one for one in run if one[1] in {"_entities", "auditLogActionCounts"}}
    assert listed == run - beside


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        ({}, "File has no create: add it, or its reason to NOTES of the schema of files"),
        ({"File": {"create": " "}}, "NOTES of files: create of File says nothing"),
        ({"File": {"burn": "It is hot."}}, "NOTES of files name burn of File: what is it?"),
        ({"Folder": {"create": "Later."}}, "NOTES of files name create of Folder: what is it?"),
    ],
)
def test_a_gap_without_a_reason_and_a_reason_for_nothing_are_refused(
    notes: Notes, message: str
) -> None:
    with pytest.raises(CommandError) as refused:
        list(found_in(subgraph("files"), notes))

    assert str(refused.value) == message
