"""Questions that each service is asked often, and how programs ask them."""

import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True, slots=True)
class Example:
    """A question to a service, in words and as a document of one named query."""

    title: str
    query: str


def _example(title: str, query: str) -> Example:
    return Example(title, dedent(query).strip("\n"))


#: At least one for each service; all run with the demo's data.
EXAMPLES: dict[str, tuple[Example, ...]] = {
    "audit": (
        _example(
            "Who deleted secrets, and how often?",
            """
            query DeletedSecrets {
              auditLogs(filter: {actions: ["secretsmanager.DeleteSecret"]}, first: 10) {
                totalCount
                nodes { occurredAt actor { name } targets { id } }
              }
            }
            """,
        ),
        _example(
            "Which actions are recorded most?",
            """
            query MostActions {
              auditLogActionCounts(first: 5) { action count }
            }
            """,
        ),
    ),
    "notifications": (
        _example(
            "Which messages were sent last, and what became of them?",
            """
            query LastMessages {
              notifications(first: 10) {
                nodes { subject channel state createdAt reason }
              }
            }
            """,
        ),
        _example(
            "Which workflows are there, and are they on?",
            """
            query Workflows {
              notificationWorkflows(first: 10) { nodes { name enabled category number } }
            }
            """,
        ),
    ),
    "files": (
        _example(
            "Which files came last, and what did the scanner say?",
            """
            query LastFiles {
              files(first: 10) { nodes { name state sizeBytes contentType finding } }
            }
            """,
        ),
        _example(
            "Which folders are there?",
            """
            query Folders {
              folders(first: 10) { nodes { id name createdAt } }
            }
            """,
        ),
    ),
    "documents": (
        _example(
            "Which templates could I begin with?",
            """
            query Gallery {
              documentGallery { name title description formats }
            }
            """,
        ),
        _example(
            "Which documents were made last?",
            """
            query LastDocuments {
              documents(first: 10) { nodes { title format state pages sizeBytes createdAt } }
            }
            """,
        ),
    ),
    "scheduler": (
        _example(
            "What runs next, and how did it go before?",
            """
            query Schedules {
              jobSchedules(first: 10) { nodes { name cron timeZone nextRunAt lastStates } }
            }
            """,
        ),
        _example(
            "When is the third day of each month, at nine in Berlin?",
            """
            query Preview {
              cronPreview(cron: "0 9 3 * *", timeZone: "Europe/Berlin", first: 3) {
                description
                nextRuns
              }
            }
            """,
        ),
    ),
    "config": (
        _example(
            "Which flags are there, and who owns them?",
            """
            query Flags {
              featureFlags(first: 10) { nodes { key description owner type } }
            }
            """,
        ),
        _example(
            "Which environments have values of their own?",
            """
            query Environments {
              environments(first: 10) { nodes { id key } }
            }
            """,
        ),
    ),
    "importexport": (
        _example(
            "What can be imported and exported?",
            """
            query Datasets {
              datasets { name title readable writable key }
            }
            """,
        ),
        _example(
            "How did the last imports go?",
            """
            query LastImports {
              importJobs(first: 10) { nodes { name dataset state rowCount inserted failed } }
            }
            """,
        ),
    ),
}


#: Of a service that has none.
_ANY = Example("Who are you?", "query Anything {\n  __typename\n}")


def examples_of(service: str) -> tuple[Example, ...]:
    """Return the examples of a service, at least one."""
    return EXAMPLES.get(service, (_ANY,))


def document_of(examples: Iterable[Example]) -> str:
    """Return them as one document, each under its question."""
    told = "\n\n".join(f"# {one.title}\n{one.query}" for one in examples)
    return f"# Ctrl-Enter runs it, in your own tenant.\n{told}\n"


def snippets(example: Example, base_url: str) -> dict[str, str]:
    """Return programs that ask this, by language; each reads its key from SEPTET_KEY."""
    body = json.dumps({"query": " ".join(example.query.split())})
    return {
        "curl": (
            f"curl -s {base_url}/graphql \\\n"
            '  -H "Authorization: Bearer $SEPTET_KEY" \\\n'
            '  -H "Content-Type: application/json" \\\n'
            f"  -d {shlex.quote(body)}"
        ),
        "Python": (
            "import os\n\nfrom septet_client import Septet\n\n"
            f'with Septet("{base_url}", os.environ["SEPTET_KEY"]) as septet:\n'
            f'    print(septet.query("""\n{example.query}\n"""))'
        ),
        "TypeScript": (
            'import { Septet } from "septet-client";\n\n'
            f'const septet = new Septet("{base_url}", process.env.SEPTET_KEY ?? "");\n'
            f"console.log(await septet.run(`\n{example.query}\n`));"
        ),
    }
