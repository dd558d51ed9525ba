"""The demo: what one service shows refers to what another has."""

from kernel.testing.events import drain_events
from kernel.testing.graphql import GraphQLClient
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

    waiting, done = data["importJobs"]["nodes"]
    assert waiting == {
        "name": "airport-frequencies.csv",
        "state": "READY",
        "source": {"name": "airport-frequencies.csv", "auditLogs": {"nodes": []}},
        "auditLogs": {"nodes": []},
    }
    assert done == {
        "name": "runways.csv",
        "state": "DONE",
        "source": {
            "name": "runways.csv",
            "auditLogs": {"nodes": [{"action": "file.uploaded"}, {"action": "file.scanned"}]},
        },
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
