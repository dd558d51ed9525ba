"""The demo: what one service shows refers to what another has."""

from kernel import clock
from kernel.jobs.models import Job, JobState
from kernel.testing.events import drain_events
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from project.demo import load_data, make_tenant


def test_the_demo_is_one_graph_across_services(db: None) -> None:
    made = make_tenant()
    assert made
    load_data(lambda _: None)

    data = GraphQLClient(made.api_key)(
        """{ importJobs(order: NAME, first: 5) { nodes {
               name state
               source { name auditLogs(order: OLDEST_FIRST, first: 5) { nodes { action } } }
               auditLogs(first: 5) { nodes { action } } } }
             documents { nodes { title output { name } } }
             documentTemplates { nodes { name published { number } draft { number } } }
             notifications { nodes { subject attachments { name } } } }"""
    ).data

    # Jobs have not run yet.
    waiting, done = data["importJobs"]["nodes"]
    assert waiting == {
        "name": "airport-frequencies.csv",
        "state": "DRAFT",
        "source": {"name": "airport-frequencies.csv", "auditLogs": {"nodes": []}},
        "auditLogs": {"nodes": []},
    }
    assert done == {
        "name": "countries.csv",
        "state": "DRAFT",
        "source": {"name": "countries.csv", "auditLogs": {"nodes": []}},
        "auditLogs": {"nodes": [{"action": "import.done"}, {"action": "import.queued"}]},
    }
    titles = ["Runway report", "Price list with pictures", "Certificate", *["Runway report"] * 2]
    assert data["documents"]["nodes"] == [{"title": one, "output": None} for one in titles]
    assert data["documentTemplates"]["nodes"] == [
        {"name": "price-list", "published": {"number": 1}, "draft": None},
        {"name": "certificate", "published": {"number": 1}, "draft": None},
        {"name": "runway-report", "published": {"number": 1}, "draft": None},
        {"name": "invoice", "published": {"number": 1}, "draft": {"number": 2}},
        {"name": "welcome-letter", "published": {"number": 1}, "draft": None},
    ]
    assert data["notifications"]["nodes"] == [
        {
            "subject": "Your import of 48,184 runways is ready",
            "attachments": [{"name": "runways.csv"}],
        },
        {
            "subject": "Trail logging was stopped",
            "attachments": [{"name": "incident-report.pdf"}],
        },
        {"subject": "Ten secrets are scheduled for deletion", "attachments": []},
    ]


def test_the_demo_leaves_a_trail_of_what_its_services_told(db: None) -> None:
    made = make_tenant()
    assert made
    load_data(lambda _: None)
    drain_events()

    data = GraphQLClient(made.api_key)(
        """{ files(first: 1, order: NAME) { nodes { name auditLogs(first: 1) {
               nodes { action actor { type } targets { name } } } } }
             importJobs(first: 1, order: NAME) {
               nodes { auditLogs(first: 5) { nodes { action } } } }
             documents(first: 5) { nodes { auditLogs(first: 1) { nodes { action } } } }
             notifications(first: 5) { nodes { auditLogs(first: 5) { nodes { action } } } }
             jobSchedules(first: 5) { nodes { auditLogs(first: 5) { nodes { action } } } }
             featureFlags(first: 5) { nodes { auditLogs(first: 5) { nodes { action } } } } }"""
    ).data

    (file,) = data.pop("files")["nodes"]
    assert file == {
        "name": "airport-frequencies.csv",
        "auditLogs": {
            "nodes": [
                {
                    "action": "files.file.created",
                    "actor": {"type": "system"},
                    "targets": [{"name": "airport-frequencies.csv"}],
                }
            ]
        },
    }
    trails = {
        name: {log["action"] for node in listed["nodes"] for log in node["auditLogs"]["nodes"]}
        for name, listed in data.items()
    }
    assert trails == {
        "importJobs": {"importexport.import.created"},
        "documents": {"documents.document.created"},
        "notifications": {"notifications.notification.created"},
        "jobSchedules": {"scheduler.run.requested", "scheduler.schedule.created"},
        "featureFlags": {
            "config.flag.changed",
            "config.flag.created",
            "config.flag.published",
            "config.flag.stale",
        },
    }


def test_the_files_of_the_demo_are_there_and_given_out(db: None) -> None:
    made = make_tenant()
    assert made
    load_data(lambda _: None)
    drain()

    data = GraphQLClient(made.api_key)(
        """{ files(filter: {tag: "pdf"}, first: 1) {
               nodes { name state sizeBytes textExcerpt thumbnail { state } } } }"""
    ).data

    (file,) = data["files"]["nodes"]
    assert file.pop("sizeBytes") == 19_589
    assert "Incident report" in file.pop("textExcerpt")
    assert file == {
        "name": "incident-report.pdf",
        "state": "CLEAN",
        "thumbnail": {"state": "READY"},
    }


def test_imports_and_exports_of_the_demo_are_done_by_its_jobs(db: None) -> None:
    made = make_tenant()
    assert made
    load_data(lambda _: None)
    drain()
    # The sources were being scanned.
    Job.objects.filter(state=JobState.QUEUED).update(run_at=clock.now())
    drain()

    data = GraphQLClient(made.api_key)(
        """{ importJobs(order: NAME, first: 5) { nodes {
               name state inserted unchanged failed errors { contentType } } }
             importErrors(first: 1) { nodes { line column code } }
             exportJobs(first: 5) { nodes { name state rowCount result { name } } } }"""
    ).data

    assert data == {
        "importJobs": {
            "nodes": [
                {
                    "name": "airport-frequencies.csv",
                    "state": "READY",
                    "inserted": 0,
                    "unchanged": 0,
                    "failed": 0,
                    "errors": None,
                },
                {
                    "name": "countries.csv",
                    "state": "DONE",
                    "inserted": 0,
                    "unchanged": 233,
                    "failed": 16,
                    "errors": {"contentType": "text/csv"},
                },
            ]
        },
        "importErrors": {"nodes": [{"line": 4, "column": "keywords", "code": "REQUIRED"}]},
        "exportJobs": {
            "nodes": [
                {
                    "name": "tables.countries",
                    "state": "READY",
                    "rowCount": 249,
                    "result": {"name": "tables.countries.csv"},
                }
            ]
        },
    }
