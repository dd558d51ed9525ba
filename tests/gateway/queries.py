"""The operations that one process, Apollo Gateway and Hive Gateway have to answer alike.

One row each: what it is about, the document, its variables, who asks, and the codes of the errors
that belong to the answer. A new reference, contributed field or mutation gets its rows here.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """In a variable: the id of the n-th row that was seeded of a kind."""

    kind: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class Cursor:
    """In a variable: the cursor behind the first so many rows of a list."""

    field: str
    rows: int


@dataclass(frozen=True, slots=True)
class Own:
    """In a variable: the id of a seeded row that each endpoint may do to as it likes."""

    kind: str


class _Fresh:
    """In a variable: a text that no other endpoint and no other run sends."""


FRESH = _Fresh()
NOBODY = "0190a1b2-0000-7000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation and what is known of its answer."""

    name: str
    document: str
    variables: dict[str, Any] = field(default_factory=dict)
    key: str = "all"
    codes: tuple[str, ...] = ()


PAGE = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
BY_ID = {
    "auditLog": "id occurredAt action actor { type id name } targets { type id name } metadata",
    "file": "id name contentType sizeBytes createdAt state",
    "featureFlag": "id key description type owner tags clientVisible createdAt",
    "document": "id title format state createdAt",
    "importJob": "id name rowCount format state createdAt",
    "notification": "id recipient subject channel state createdAt",
    "jobSchedule": "id name cron timeZone enabled createdAt",
}
AUDIT_LOGS = (
    "query ($filter: AuditLogFilter) { auditLogs(filter: $filter) { totalCount nodes { id } } }"
)
CREATE_LOG = """
mutation ($action: String!, $key: String) {
  createAuditLog(input: {
    action: $action, occurredAt: "2027-01-01T00:00:00Z", actor: {type: "user", id: "u-1"},
    idempotencyKey: $key
  }) { auditLog { action actor { id name } targets { id } } error { code message } }
}
"""
CREATE_LOGS = """
mutation ($logs: [CreateAuditLogInput!]!) {
  createAuditLogs(input: {logs: $logs}) {
    outcomes { new auditLog { action metadata } error { code } }
    error { code }
  }
}
"""


def _log(action: str, key: Any) -> dict[str, Any]:
    return {
        "action": action,
        "occurredAt": "2027-01-01T00:00:00Z",
        "actor": {"type": "user", "id": "u-1"},
        "metadata": {"n": [1, 2.5, None, {"ä": True}]},
        "idempotencyKey": key,
    }


LISTS = [
    Operation(f"every {one}", f"{{ {one}s {{ totalCount nodes {{ {fields} }} }} }}")
    for one, fields in BY_ID.items()
]

ONE_BY_ID = [
    Operation(
        f"one {one}", f"query ($id: ID!) {{ {one}(id: $id) {{ {fields} }} }}", {"id": Row(one, 1)}
    )
    for one, fields in BY_ID.items()
]

MISSING = [
    Operation(
        f"a missing {one}",
        f"query ($id: ID!) {{ {one}(id: $id) {{ id }} }}",
        {"id": NOBODY},
        codes=("NOT_FOUND",),
    )
    for one in BY_ID
]

PAGING = [
    Operation("a first page", f"{{ files(first: 10) {{ nodes {{ id }} {PAGE} }} }}"),
    Operation(
        "the page after a cursor",
        f"query ($after: String) {{ files(first: 10, after: $after) {{ nodes {{ id }} {PAGE} }} }}",
        {"after": Cursor("files", 10)},
    ),
    Operation(
        "the last page",
        f"query ($after: String) {{ files(first: 10, after: $after) {{ nodes {{ id }} {PAGE} }} }}",
        {"after": Cursor("files", 20)},
    ),
    Operation(
        "the page before a cursor",
        f"query ($to: String) {{ files(last: 5, before: $to) {{ nodes {{ id }} {PAGE} }} }}",
        {"to": Cursor("files", 20)},
    ),
    Operation("counted from the end", f"{{ jobSchedules(last: 2) {{ nodes {{ name }} {PAGE} }} }}"),
    Operation("edges", "{ documents(first: 3) { edges { cursor node { title } } } }"),
    Operation(
        "a page of more than there are",
        f"{{ featureFlags(first: 100) {{ totalCount nodes {{ key }} {PAGE} }} }}",
    ),
    Operation(
        "null for every paging argument",
        "{ files(first: null, after: null, last: null, before: null) { nodes { id } } }",
    ),
    Operation("the total alone", "{ notifications { totalCount } }"),
    Operation(
        "a variable not given takes the default of the field",
        "query ($first: Int) { auditLogActionCounts(first: $first) { action count } }",
    ),
]

FILTERS = [
    Operation("by actor", AUDIT_LOGS, {"filter": {"actorId": "u-1"}}),
    Operation("by an actor's name in UTF-8", AUDIT_LOGS, {"filter": {"actorName": "Grüße"}}),
    Operation(
        "by actions", AUDIT_LOGS, {"filter": {"actions": ["file.deleted", "invoice.approved"]}}
    ),
    Operation("by no action at all", AUDIT_LOGS, {"filter": {"actions": []}}),
    Operation("by target", AUDIT_LOGS, {"filter": {"targetType": "invoice", "targetId": "i-5-1"}}),
    Operation(
        "by time",
        AUDIT_LOGS,
        {
            "filter": {
                "occurredFrom": "2026-01-01T03:00:00Z",
                "occurredBefore": "2026-01-01T08:00:00+02:00",
            }
        },
    ),
    Operation("by text", AUDIT_LOGS, {"filter": {"text": "invoice rej"}}),
    Operation("by a text that is nowhere", AUDIT_LOGS, {"filter": {"text": "zeppelin"}}),
    Operation("an empty filter", AUDIT_LOGS, {"filter": {}}),
    Operation("a null filter", AUDIT_LOGS, {"filter": None}),
    Operation(
        "a filter in the document",
        '{ auditLogs(filter: {actions: ["file.deleted"], actorId: "u-2"}) { nodes { action } } }',
    ),
    Operation(
        "in the other order",
        "{ auditLogs(order: OLDEST_FIRST, first: 5) { nodes { occurredAt action } } }",
    ),
    Operation(
        "an order in a variable",
        "query ($o: AuditLogOrder) { auditLogs(order: $o, first: 5) { nodes { id } } }",
        {"o": "OLDEST_FIRST"},
    ),
    Operation(
        "in an order and by a filter of another service",
        "query ($f: FileFilter) { files(filter: $f, order: NAME, first: 30) {"
        " totalCount nodes { name contentType state } } }",
        {"f": {"contentType": "text/csv", "state": "CLEAN"}},
    ),
    Operation(
        "a filter by an enum in the document",
        "{ documents(filter: {format: PDF}, order: OLDEST_FIRST) { nodes { title format } } }",
    ),
    Operation(
        "by a subject of whom nothing is told",
        AUDIT_LOGS,
        {"filter": {"subject": "nobody"}},
    ),
    Operation(
        "a schema that leads elsewhere, and one that is not there",
        """mutation ($schema: JSON!) {
            addAuditActionSchema(input: {action: "a.done", schema: $schema, mode: ENFORCE}) {
              action version mode error { code message } }
            setAuditActionSchemaMode(input: {action: "a.done", version: 7, mode: OFF}) {
              action version mode error { code message } } }""",
        {"schema": {"$ref": "https://example.com"}},
    ),
    Operation(
        "schemas of actions", "{ auditActionSchemas(first: 5) { action version mode schema } }"
    ),
    Operation(
        "a stream to an address that is none",
        """mutation { createAuditStream(input: {name: "siem", address: "ftp://a.example",
            fromPosition: 9007199254740991}) { auditStream { id } error { code message } } }""",
    ),
    Operation(
        "streams, of which there are none",
        """{ auditStreams(filter: {states: [ACTIVE]}) { totalCount nodes {
            name address format state filter position waiting missed } } }""",
    ),
    Operation(
        "an erasure of nobody",
        """mutation { eraseAuditSubject(input: {subject: "nobody", dryRun: true}) {
            logs erasedAt heldBy error { code } } }""",
    ),
    Operation(
        "exports, of which there are none, and one that is not there to be taken back",
        """mutation ($id: ID!) { cancelAuditExport(input: {id: $id}) {
            auditExport { format state filter logs sizeBytes link } error { code } } }""",
        {"id": NOBODY},
    ),
    Operation(
        "viewer tokens, of which there are none",
        "{ auditViewerTokens { totalCount nodes { id name filter expiresAt revokedAt } } }",
    ),
    Operation(
        "a list of exports",
        "{ auditExports(filter: {states: [DONE]}) { totalCount nodes { id format link } } }",
    ),
    Operation(
        "counts of what is filtered",
        '{ auditLogActionCounts(filter: {actorId: "u-1"}, first: 2) { action count } }',
    ),
    Operation(
        "facets and a histogram of what is filtered",
        '{ auditLogs(filter: {actorId: "u-1"}) { totalCount facets(by: [ACTION, TARGET_TYPE]) {'
        " by complete values { value label count } } histogram { step spans { start count } } } }",
    ),
]

PROOFS = [
    Operation(
        "the proof of a log, under the first checkpoint",
        """query ($id: ID!) { auditLogProof(id: $id, size: 120) {
            record leafHash position path checkpoint { number size root } } }""",
        {"id": Row("auditLog", 7)},
    ),
    Operation(
        "a checkpoint, a tile, a proof that nothing was rewritten, and the keys",
        """{ auditCheckpoint(size: 120) { number size root note }
            auditConsistencyProof(older: 100, newer: 120) { older newer path }
            auditTile(level: 0, number: 0, width: 120) auditVerifierKeys { key signsUntil } }""",
    ),
    Operation(
        "a checkpoint that there is not",
        "{ auditCheckpoint(size: 7) { number } }",
        codes=("NOT_FOUND",),
    ),
    Operation(
        "the proof of a log of others",
        "query ($id: ID!) { auditLogProof(id: $id) { position } }",
        {"id": Row("auditLog", 7)},
        key="theirs",
        codes=("NOT_FOUND",),
    ),
]

SHAPES = [
    Operation(
        "aliases of one field",
        "{ a: files(first: 1) { nodes { id } } b: files(first: 2) { rows: nodes { key: id } } }",
    ),
    Operation(
        "an alias that is another field's name",
        "query ($id: ID!) { file(id: $id) { name: contentType contentType: name } }",
        {"id": Row("file", 2)},
    ),
    Operation("fields twice", "{ files(first: 2) { nodes { id id name } nodes { name state } } }"),
    Operation(
        "a fragment",
        "fragment F on File { id name } { files(first: 2) { nodes { ...F } } }",
    ),
    Operation(
        "fragments in fragments",
        "{ files(first: 2) { ...C } } fragment C on FileConnection { nodes { ...F } totalCount }"
        " fragment F on File { id state }",
    ),
    Operation(
        "an inline fragment with and without a type",
        "{ files { ... on FileConnection { nodes { ... on File { id } ... { name } } } } }",
    ),
    Operation(
        "a fragment on Query",
        "{ ...Q files(first: 1) { totalCount } }"
        " fragment Q on Query { files(first: 1) { nodes { id } } documents { totalCount } }",
    ),
    Operation(
        "@include and @skip by variables",
        """query ($yes: Boolean!, $no: Boolean!) {
          files(first: 1) { nodes { id @include(if: $yes) name @include(if: $no)
            state @skip(if: $yes) sizeBytes @skip(if: $no) } }
          documents(first: 1) @include(if: $no) { totalCount }
          notifications(first: 1) @skip(if: $no) { totalCount }
        }""",
        {"yes": True, "no": False},
    ),
    Operation(
        "@skip and @include together",
        "{ files(first: 1) { nodes { id name @skip(if: false) @include(if: false) } } }",
    ),
    Operation(
        "@include on a fragment",
        """query ($no: Boolean = false) {
          files(first: 1) { nodes { id ...F @include(if: $no) ... @skip(if: $no) { state } } }
        } fragment F on File { name }""",
    ),
    Operation("everything skipped", "{ files @skip(if: true) { totalCount } }"),
    Operation(
        "a whole service skipped",
        "{ files(first: 1) { totalCount } documents @include(if: false) { totalCount } }",
    ),
    Operation(
        "__typename everywhere",
        "{ __typename files { __typename nodes { __typename id } pageInfo { __typename } } }",
    ),
    Operation("__typename alone", "{ __typename }"),
    Operation(
        "__typename by another name",
        "{ what: __typename files(first: 1) { nodes { kind: __typename } } }",
    ),
    Operation("an anonymous `query`", "query { featureFlags(first: 1) { nodes { key } } }"),
    Operation(
        "a named query with variables of all kinds",
        """query Named($first: Int = 3, $order: AuditLogOrder = OLDEST_FIRST,
                       $filter: AuditLogFilter) {
          auditLogs(first: $first, order: $order, filter: $filter) { nodes { action } } }""",
        {"filter": {"actions": ["file.deleted"]}},
    ),
    Operation(
        "one value for a list",
        AUDIT_LOGS,
        {"filter": {"actions": "file.deleted"}},
    ),
    Operation(
        "comments and commas", "# so\n{ files(first: 1,), { nodes, { id, name, } } } # or so"
    ),
    Operation(
        "an id in a block string",
        'query { auditLogs(filter: {actorName: """\n  Grüße\n"""}, first: 1) { totalCount } }',
    ),
    Operation(
        "lists and objects deep in JSON",
        "{ auditLogs(first: 3) { nodes { metadata changes { field before after } } } }",
    ),
    Operation(
        "introspection of one type",
        '{ __type(name: "MutationError") { kind fields { name type { kind ofType { name } } } } }',
    ),
]

JOB = "id name state waitsFor progress { done total message } error { code message }"
JOBS = [
    Operation(
        "jobs of two services",
        f"{{ filesJobs(first: 2) {{ totalCount nodes {{ {JOB} }} {PAGE} }}"
        f" auditJobs(filter: {{state: FAILED}}) {{ nodes {{ {JOB} }} }} }}",
    ),
    Operation(
        "one job", f"query ($id: ID!) {{ filesJob(id: $id) {{ {JOB} }} }}", {"id": Row("filesJob")}
    ),
    Operation(
        "a job of another service",
        "query ($id: ID!) { auditJob(id: $id) { id } }",
        {"id": Row("filesJob")},
        codes=("NOT_FOUND",),
    ),
    Operation(
        "a job that has ended cannot be cancelled",
        "mutation ($id: ID!) { filesCancelJobs(input: {ids: [$id]})"
        " { outcomes { job { id } error { code message } } } }",
        {"id": Row("filesJob", 2)},
    ),
]

SEVERAL_SERVICES = [
    Operation(
        "all seven at once",
        "{ "
        + " ".join(f"{one}s(first: 2) {{ totalCount nodes {{ id }} }}" for one in BY_ID)
        + " }",
    ),
    Operation(
        "one of each by id",
        "query ("
        + ", ".join(f"${one}: ID!" for one in BY_ID)
        + ") { "
        + " ".join(f"{one}(id: ${one}) {{ {fields} }}" for one, fields in BY_ID.items())
        + " }",
        {one: Row(one, 2) for one in BY_ID},
    ),
    Operation(
        "in the order that was asked for",
        "{ jobSchedules(first: 1) { totalCount } auditLogs(first: 1) { totalCount }"
        " files(first: 1) { totalCount } b: auditLogs(first: 1) { totalCount } }",
    ),
    Operation(
        "one service answers, another has no such row",
        "query ($id: ID!) { files(first: 1) { totalCount } document(id: $id) { title } }",
        {"id": NOBODY},
        codes=("NOT_FOUND",),
    ),
    Operation(
        "two services without such a row",
        "query ($id: ID!) { file(id: $id) { id } document(id: $id) { id } files { totalCount } }",
        {"id": NOBODY},
        codes=("NOT_FOUND",),
    ),
    Operation(
        "shared types from several services",
        "{ "
        + " ".join(f"{one}(first: 1) {{ {PAGE} }}" for one in ("files", "documents", "auditLogs"))
        + " }",
    ),
]

REFERENCES = [
    Operation(
        "what a document was made as", "{ documents { nodes { title output { name state } } } }"
    ),
    Operation(
        "where an import comes from",
        "{ importJobs { nodes { name source { id name sizeBytes } } } }",
    ),
    Operation(
        "what goes with a notification",
        "{ notifications { nodes { subject attachments { id name contentType } } } }",
    ),
    Operation(
        "nothing but the key, though the row may be gone",
        "{ documents { nodes { output { id __typename } } }"
        " notifications { nodes { attachments { id } } } }",
    ),
    Operation("nothing but the type", "{ importJobs { nodes { source { __typename } } } }"),
    Operation(
        "one reference of one row",
        "query ($id: ID!) { document(id: $id) { output { name } } }",
        {"id": Row("document", 1)},
    ),
    Operation(
        "a reference to what is gone",
        "query ($id: ID!) { document(id: $id) { title output { name } } }",
        {"id": Row("document", 4)},
    ),
    Operation(
        "a reference to another tenant's row",
        "query ($id: ID!) { document(id: $id) { title output { id name } } }",
        {"id": Row("document", 5)},
    ),
    Operation(
        "no reference",
        "query ($id: ID!) { importJob(id: $id) { name source { id name } } }",
        {"id": Row("importJob")},
    ),
    Operation(
        "one owner by two services and itself",
        "{ documents { nodes { output { name } } } importJobs { nodes { source { name } } }"
        " files(first: 2) { nodes { name } } }",
    ),
    Operation(
        "aliases in a reference",
        "{ documents { nodes { a: output { x: name } b: output { x: state y: contentType } } } }",
    ),
    Operation(
        "a fragment used by three services",
        """fragment F on File { id name ...G } fragment G on File { state }
        { documents { nodes { output { ...F } } } importJobs { nodes { source { ...F } } }
          notifications(first: 4) { nodes { attachments { ...F } } }
          files(first: 1) { nodes { ...F } } }""",
    ),
    Operation(
        "@skip and @include in a reference",
        """query ($yes: Boolean!, $no: Boolean!) {
          documents { nodes { title
            output { id name @include(if: $no) state @skip(if: $no) } } }
          importJobs { nodes { name source @include(if: $no) { name } } }
          notifications { nodes { subject attachments { ... @include(if: $yes) { name } } } }
        }""",
        {"yes": True, "no": False},
    ),
    Operation(
        "all of a reference skipped but its key",
        "query ($no: Boolean!) { documents { nodes { output { id name @include(if: $no) } } } }",
        {"no": False},
    ),
    Operation(
        "through edges", "{ documents(first: 4) { edges { node { output { name } } cursor } } }"
    ),
    Operation(
        "without the scope of the owner, the key is still told",
        "{ documents { nodes { title output { id } } } }",
        key="documents only",
    ),
    Operation(
        "without the scope of the owner",
        "query ($id: ID!) { document(id: $id) { title output { name } } }",
        {"id": Row("document", 1)},
        key="documents only",
        codes=("FORBIDDEN",),
    ),
]

LOGS = "auditLogs(first: 2) { totalCount nodes { action occurredAt } }"
CONTRIBUTED = [
    *(
        Operation(
            f"the logs of one {one}",
            f"query ($id: ID!) {{ {one}(id: $id) {{ id {LOGS} }} }}",
            {"id": Row(one, 1)},
        )
        for one in BY_ID
        if one != "auditLog"
    ),
    Operation(
        "the logs of every file of a page", f"{{ files(first: 25) {{ nodes {{ name {LOGS} }} }} }}"
    ),
    Operation(
        "nothing but the logs",
        "{ files { nodes { auditLogs { totalCount } } }"
        " featureFlags { nodes { auditLogs { totalCount } } } }",
    ),
    Operation(
        "the logs in the other order",
        "query ($n: Int = 3, $o: AuditLogOrder) { files(first: 5) { nodes { id"
        " auditLogs(first: $n, order: $o) { nodes { id occurredAt } } } } }",
        {"o": "OLDEST_FIRST"},
    ),
    Operation(
        "the logs twice",
        "{ files(first: 4) { nodes { a: auditLogs(first: 1) { nodes { id } }"
        " b: auditLogs(last: 1) { nodes { id } pageInfo { hasPreviousPage hasNextPage } } } } }",
    ),
    Operation(
        "the logs of what is referred to",
        f"{{ documents {{ nodes {{ title output {{ name {LOGS} }} {LOGS} }} }} }}",
    ),
    Operation(
        "the logs of what is gone, of which nothing else is asked",
        f"{{ importJobs {{ nodes {{ source {{ id {LOGS} }} }} }} }}",
    ),
    Operation(
        "lists in lists through three services",
        f"{{ notifications {{ nodes {{ subject attachments {{ name {LOGS} }} {LOGS} }} }} }}",
    ),
    Operation(
        "the logs of each kind at once",
        "{ "
        + " ".join(
            f"{one}s(first: 3) {{ nodes {{ id {LOGS} }} }}" for one in BY_ID if one != "auditLog"
        )
        + " }",
    ),
    Operation(
        "a fragment on what another service contributes",
        "fragment L on File { auditLogs(first: 1) { ...C } }"
        " fragment C on AuditLogConnection { nodes { action } totalCount }"
        " { files(first: 3) { nodes { ...L name } } documents { nodes { output { ...L } } } }",
    ),
    Operation(
        "contributed fields skipped",
        "query ($no: Boolean!) { files(first: 3) { nodes { name"
        " auditLogs @include(if: $no) { totalCount } } } }",
        {"no": False},
    ),
    Operation(
        "an error in what another service contributes leaves the rows of a list",
        "{ files(first: 2) { nodes { auditLogs(first: 0) { totalCount } } } }",
        codes=("INVALID_INPUT",),
    ),
    Operation(
        "an error in what is contributed to one row",
        "query ($id: ID!) { file(id: $id) { name auditLogs(first: 0) { totalCount } } }",
        {"id": Row("file", 1)},
        codes=("INVALID_INPUT",),
    ),
    Operation(
        "without the scope of the service that contributes",
        "query ($id: ID!) { file(id: $id) { name auditLogs { totalCount } } }",
        {"id": Row("file", 1)},
        key="all but audit",
        codes=("FORBIDDEN",),
    ),
]

ERRORS = [
    Operation(
        "another tenant's row is not there",
        "query ($id: ID!) { file(id: $id) { id } }",
        {"id": Row("foreign file")},
        codes=("NOT_FOUND",),
    ),
    Operation(
        "the other tenant sees its own",
        "query ($id: ID!) { file(id: $id) { id name } files { totalCount } }",
        {"id": Row("foreign file")},
        key="theirs",
    ),
    Operation(
        "what is no id",
        'query { file(id: "7") { id } }',
        codes=("INVALID_INPUT",),
    ),
    Operation(
        "an error beside good answers of the same service",
        "query ($good: ID!, $bad: ID!) { good: file(id: $good) { id name }"
        " bad: file(id: $bad) { id } files(first: 1) { totalCount } }",
        {"good": Row("file"), "bad": NOBODY},
        codes=("NOT_FOUND",),
    ),
    Operation(
        "null propagates to the root",
        "{ files(first: 0) { totalCount } }",
        codes=("INVALID_INPUT",),
    ),
    Operation(
        "null propagates to the root past another service's answer",
        "{ files(first: 0) { totalCount } documents(first: 1) { totalCount } }",
        codes=("INVALID_INPUT",),
    ),
    Operation(
        "a cursor of another list",
        "query ($after: String) { documents(after: $after) { totalCount nodes { id } } }",
        {"after": "bm90IGEgY3Vyc29y"},
        codes=("INVALID_INPUT",),
    ),
    Operation(
        "paging both ways",
        "{ files(first: 1, last: 1) { totalCount nodes { id } } }",
        codes=("INVALID_INPUT",),
    ),
    Operation(
        "without a credential",
        "query ($id: ID!) { file(id: $id) { id } }",
        {"id": Row("file")},
        key="",
        codes=("UNAUTHENTICATED",),
    ),
    Operation(
        "with a scope for one service of two",
        "query ($f: ID!, $d: ID!) { file(id: $f) { name } document(id: $d) { title } }",
        {"f": Row("file"), "d": Row("document")},
        key="files only",
        codes=("FORBIDDEN",),
    ),
    Operation(
        "without the scope for a list that may not be null",
        "{ files(first: 1) { totalCount } documents { totalCount } }",
        key="files only",
        codes=("FORBIDDEN",),
    ),
]

MUTATIONS = [
    Operation("a log is recorded", CREATE_LOG, {"action": "shared.one", "key": FRESH}),
    Operation("a log without a key", CREATE_LOG, {"action": "shared.two"}),
    Operation(
        "a refused log is a coded error in the answer", CREATE_LOG, {"action": "", "key": FRESH}
    ),
    Operation(
        "a batch", CREATE_LOGS, {"logs": [_log("shared.three", FRESH), _log("shared.four", None)]}
    ),
    Operation(
        "a batch with one bad entry",
        CREATE_LOGS,
        {"logs": [_log("", None), _log("shared.five", None)]},
    ),
    Operation("an empty batch", CREATE_LOGS, {"logs": []}),
    Operation(
        "two mutations in their order",
        """mutation ($key: String) {
          first: createAuditLog(input: {action: "shared.six", occurredAt: "2027-01-01T00:00:00Z",
            actor: {type: "user", id: "u-1"}, idempotencyKey: $key}) { auditLog { action } }
          again: createAuditLog(input: {action: "shared.seven", occurredAt: "2027-01-01T00:00:00Z",
            actor: {type: "user", id: "u-1"}, idempotencyKey: $key}) {
            auditLog { action } error { code } }
          __typename
        }""",
        {"key": FRESH},
    ),
    Operation(
        "without the scope to write",
        CREATE_LOG,
        {"action": "shared.eight"},
        key="files only",
        codes=("FORBIDDEN",),
    ),
]

MUTATIONS_OF_ALL = [
    Operation(
        "a flag is made",
        "mutation ($k: String!) { createFeatureFlag(input: {key: $k, clientVisible: true}) {"
        " featureFlag { description clientVisible auditLogs { totalCount } } error { code } } }",
        {"k": FRESH},
    ),
    Operation(
        "a flag that is there is not made again",
        'mutation { createFeatureFlag(input: {key: "flag-1"}) {'
        " featureFlag { id } error { code message } } }",
    ),
    Operation(
        "a flag is changed, and what is not sent stays",
        "mutation ($id: ID!) { updateFeatureFlag(input: {id: $id, clientVisible: true}) {"
        " featureFlag { id key description clientVisible } error { code } } }",
        {"id": Row("featureFlag", 3)},
    ),
    Operation(
        "a file is renamed by a variable of the input type",
        "mutation ($input: UpdateFileInput!) { updateFile(input: $input) {"
        " file { name contentType } error { code } } }",
        {"input": {"id": Own("file"), "name": "Übersicht.csv"}},
    ),
    Operation(
        "a name that is no name",
        'mutation ($id: ID!) { updateFile(input: {id: $id, name: "../etc/passwd"}) {'
        " file { name } error { code message } } }",
        {"id": Own("file")},
    ),
    Operation(
        "an import is made, and tells of its file",
        "mutation ($file: ID!) { createImportJob(input: {name: "
        '"from a gateway", format: CSV, sourceId: $file}) {'
        " importJob { name state source { id name auditLogs(first: 1) { totalCount } } }"
        " error { code } } }",
        {"file": Row("file", 2)},
    ),
    Operation(
        "a notification goes with files, one of which is gone",
        "mutation ($ids: [ID!]) { createNotification(input: {recipient: "
        '"a@example.com", channel: EMAIL, subject: "s", attachmentIds: $ids}) {'
        " notification { subject channel attachments { name } } error { code } } }",
        {"ids": [Row("file", 1), NOBODY, Row("file", 1)]},
    ),
    Operation(
        "mutations of several services in their order",
        """mutation ($flag: String!, $file: ID!) {
          a: createDocument(input: {template: "letter", format: CSV, data: {number: 7}}) {
            document { title state output { id } } error { code } }
          b: createFeatureFlag(input: {key: $flag}) { featureFlag { owner } }
          c: deleteFile(input: {id: $file}) { file { name } error { code } }
          d: createFeatureFlag(input: {key: $flag}) { featureFlag { owner } error { code } }
          e: createJobSchedule(input: {name: "n", cron: "61 * * * *"}) {
            jobSchedule { cron } error { code } }
        }""",
        {"flag": FRESH, "file": Own("file to delete")},
    ),
    Operation(
        "many are removed, one of them not there",
        "mutation ($ids: [ID!]!) { deleteDocuments(input: {ids: $ids}) {"
        " outcomes { document { title } error { code } } error { code } } }",
        {"ids": [Own("document"), NOBODY]},
    ),
    Operation(
        "what is not there is not removed",
        "mutation ($id: ID!) { deleteJobSchedule(input: {id: $id}) {"
        " jobSchedule { name } error { code message } } }",
        {"id": NOBODY},
    ),
    Operation(
        "mutations without the scope for one of two",
        "mutation ($id: ID!) { cancelNotification(input: {id: $id}) { error { code } }"
        ' createDocument(input: {template: "none", format: PDF}) { error { code } } }',
        {"id": NOBODY},
        key="documents writer",
        codes=("FORBIDDEN",),
    ),
]

EVENTS = [
    Operation(
        "dead letters of two services, of which there are none",
        "{ filesDeadLetters { totalCount nodes { id event errorCode } }"
        f" auditDeadLetters(first: 1) {{ {PAGE} edges {{ node {{ type }} }} }} }}",
    ),
    Operation(
        "dead letters without the scope of one of two services",
        "{ filesDeadLetters { totalCount } auditDeadLetters { totalCount } }",
        key="files only",
        codes=("FORBIDDEN",),
    ),
    Operation(
        "consumer groups are for staff",
        "{ filesConsumerGroups { name } }",
        codes=("FORBIDDEN",),
    ),
    Operation(
        "a dead letter that is not there is not replayed",
        'mutation { filesReplayDeadLetters(input: {ids: ["1", "x"]}) {'
        " outcomes { deadLetter { id } error { code message } } error { code } } }",
    ),
]

INVALID = [
    Operation("an unknown field", "{ files { wings } }", codes=("GRAPHQL_VALIDATION_FAILED",)),
    Operation("a field without its selection", "{ files }", codes=("GRAPHQL_VALIDATION_FAILED",)),
    Operation(
        "an argument that is missing", "{ file { id } }", codes=("GRAPHQL_VALIDATION_FAILED",)
    ),
    Operation("no GraphQL", "{ files { ", codes=("GRAPHQL_PARSE_FAILED",)),
    Operation(
        "a federation field",
        "{ _service { sdl } }",
        codes=("GRAPHQL_VALIDATION_FAILED",),
    ),
    Operation(
        "a variable that is missing",
        "query ($id: ID!) { file(id: $id) { id } }",
        codes=("INVALID_INPUT",),
    ),
    Operation(
        "a variable of another type",
        "query ($first: Int) { files(first: $first) { totalCount } }",
        {"first": "ten"},
        codes=("INVALID_INPUT",),
    ),
]

LIMITS = [
    Operation(
        "too many aliases",
        "{ " + " ".join(f"a{n}: __typename" for n in range(16)) + " }",
        codes=("LIMIT_EXCEEDED",),
    ),
    Operation(
        "too many directives",
        "{ " + " ".join("__typename @skip(if: false)" for _ in range(51)) + " }",
        codes=("LIMIT_EXCEEDED",),
    ),
    Operation(
        "too many tokens",
        "{ " + "__typename " * 1000 + "}",
        codes=("LIMIT_EXCEEDED",),
    ),
    Operation(
        "as many aliases and directives as may be",
        "{ "
        + " ".join(f"a{n}: __typename" for n in range(15))
        + " __typename @skip(if: false)" * 50
        + " }",
    ),
]

#: Mutations last: what they record would be seen by some endpoints and not yet by others.
OPERATIONS = [
    *LISTS,
    *ONE_BY_ID,
    *MISSING,
    *PAGING,
    *FILTERS,
    *PROOFS,
    *SHAPES,
    *JOBS,
    *SEVERAL_SERVICES,
    *REFERENCES,
    *CONTRIBUTED,
    *ERRORS,
    *EVENTS,
    *INVALID,
    *LIMITS,
    *MUTATIONS,
    *MUTATIONS_OF_ALL,
]
