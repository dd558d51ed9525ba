"""Every order of a connection, and every filter that may pass few of many, has its index."""

import pytest
from django.db import connection

from kernel.testing.graphql import GraphQLClient

NEWEST, OLDEST = "NEWEST_FIRST", "OLDEST_FIRST"
SINCE = 'createdFrom: "2024-05-01T12:00:00Z"'


@pytest.mark.parametrize(
    ("many", "wanted", "order", "index"),
    [
        ("notifications", "", NEWEST, "notifications_newest"),
        ("notifications", SINCE, OLDEST, "notifications_newest"),
        ("notifications", "state: QUEUED", NEWEST, "notifications_by_state"),
        ("notifications", "channel: SMS", OLDEST, "notifications_by_channel"),
        ("notifications", 'recipient: "a"', NEWEST, "notifications_by_recipient"),
        ("files", "", OLDEST, "files_newest"),
        ("files", "", "NAME", "files_by_name"),
        ("files", SINCE, NEWEST, "files_newest"),
        ("files", f"state: CLEAN, {SINCE}", NEWEST, "files_by_state"),
        ("files", 'contentType: "text/csv"', NEWEST, "files_by_content_type"),
        ("files", 'name: "a.csv"', "NAME", "files_by_name"),
        ("documents", "", NEWEST, "documents_newest"),
        ("documents", "", "TITLE", "documents_by_title"),
        ("documents", "state: QUEUED", OLDEST, "documents_by_state"),
        ("documents", f"format: PDF, {SINCE}", NEWEST, "documents_by_format"),
        ("jobSchedules", "", NEWEST, "scheduler_newest"),
        ("jobSchedules", "", "NAME", "scheduler_by_name"),
        ("featureFlags", "", OLDEST, "config_newest"),
        ("importJobs", "", NEWEST, "importexport_newest"),
        ("importJobs", "", "NAME", "importexport_by_name"),
        ("importJobs", "state: RUNNING", NEWEST, "importexport_by_state"),
        ("importJobs", "format: CSV", OLDEST, "importexport_by_format"),
        ("exportJobs", "", NEWEST, "importexport_exports_newest"),
        ("exportJobs", "", "NAME", "importexport_exports_name"),
        ("exportJobs", "state: RUNNING", NEWEST, "importexport_exports_state"),
        ("exportJobs", 'dataset: "config.flags"', OLDEST, "importexport_exports_of"),
        ("exportDeliveries", "", NEWEST, "importexport_deliveries_newest"),
        ("exportDeliveries", "state: FAILED", OLDEST, "importexport_deliveries_state"),
        ("notificationProviders", "", NEWEST, "notifications_prv_newest"),
        ("notificationProviders", "", "ASKED", "notifications_prv_order"),
        ("notificationDevices", "", NEWEST, "notifications_dev_newest"),
        ("dataEndpoints", "", NEWEST, "importexport_endpoints_newest"),
        ("dataTables", "", NEWEST, "importexport_tables_newest"),
        ("dataTables", "state: READY", OLDEST, "importexport_tables_state"),
    ],
)
def test_a_page_is_read_in_its_order_out_of_an_index(
    graphql: GraphQLClient, many: str, wanted: str, order: str, index: str
) -> None:
    document = f"{{ {many}(filter: {{{wanted}}}, order: {order}) {{ nodes {{ id }} }} }}"
    statement = graphql.sql(document)[-1]
    # PostgreSQL reads tables as small as those of a test in whole, whatever indexes they have.
    if connection.vendor != "sqlite":
        return

    with connection.cursor() as cursor:
        plan = " ".join(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}"))

    assert f"INDEX {index} " in plan
    assert "SCAN" not in plan
    assert "TEMP B-TREE" not in plan
