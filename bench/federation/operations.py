"""What is asked of each server, and what the answers may cost."""

from dataclasses import dataclass, field
from typing import Any

ROWS = 100_000
#: The deep page has so many rows after it; our cursor there is found by walking in from the end.
ROWS_BEYOND = 10_000
OFFSET = ROWS - ROWS_BEYOND + 1

SEPTET, APOLLO, STOCK = SERVERS = ("Septet", "Apollo", "stock")

_LOG = "{ id occurredAt recordedAt action actor { type id name } }"
_PAGE = f"{{ nodes {_LOG} pageInfo {{ hasNextPage }} }}"
_ENTITIES = f"""
    query($representations: [_Any!]!) {{
        _entities(representations: $representations) {{ ... on AuditLog {_LOG} }}
    }}"""
_CREATE = """
    mutation { createAuditLog(input: {
        action: "invoice.created", occurredAt: "2026-06-01T12:00:00Z",
        actor: {type: "user", id: "user-1", name: "User number 1"}
    }) { auditLog { action occurredAt actor { type id name } } } }"""


@dataclass(frozen=True, slots=True)
class Request:
    """A GraphQL request."""

    query: str
    variables: dict[str, Any] = field(default_factory=dict)


def log_id(number: int) -> str:
    """Return the id of a row, as `seed.py` makes it."""
    return f"019a0000-0000-7000-8000-{number:012x}"


BY_ID = Request(f"query($id: ID!) {{ auditLog(id: $id) {_LOG} }}", {"id": log_id(5_000)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One question in the words of each server, and our targets beside the other two.

    A `cost` is CPU a request, a `rate` requests a second; each is ours divided by theirs.
    """

    name: str
    requests: dict[str, Request]
    most_cost_of_apollo: float | None = None
    least_rate_of_apollo: float | None = None
    least_rate_of_stock: float | None = None


def operations(cursor: str) -> list[Operation]:
    """Return them all; `cursor` is where the deep page begins for us."""
    return [
        Operation(name="typename", requests=same("{ __typename }")),
        Operation(
            name="one by id",
            requests=dict.fromkeys(SERVERS, BY_ID),
            most_cost_of_apollo=2.0,
            least_rate_of_stock=4,
        ),
        Operation(
            name="list of 20 with filter",
            requests=same(
                f"query($actions: [String!]) {{"
                f" auditLogs(first: 20, filter: {{actions: $actions}}) {_PAGE} }}",
                actions=["invoice.verb7"],
            ),
            most_cost_of_apollo=1.5,
            least_rate_of_stock=2.5,
        ),
        Operation(
            name="list of 50",
            requests=same(f"{{ auditLogs(first: 50) {_PAGE} }}"),
            most_cost_of_apollo=1.0,
            least_rate_of_stock=2.5,
        ),
        Operation(
            name="deep page of 20",
            requests=deep_page(cursor),
            least_rate_of_apollo=20,
        ),
        Operation(name="_entities of 10", requests=entities(10), most_cost_of_apollo=1.1),
        Operation(name="_entities of 100", requests=entities(100), most_cost_of_apollo=1.1),
        Operation(
            name="_entities of 1,000",
            requests=entities(1_000),
            most_cost_of_apollo=0.75,
            least_rate_of_stock=12,
        ),
        # Last, for it adds rows.
        Operation(name="create", requests=same(_CREATE)),
    ]


def same(query: str, **variables: Any) -> dict[str, Request]:
    """Return a request that all servers understand."""
    return dict.fromkeys(SERVERS, Request(query, variables))


def deep_page(cursor: str) -> dict[str, Request]:
    """Return the page after so many rows: by cursor for us, by offset for the others."""
    by_offset = f"query($offset: Int) {{ auditLogs(first: 20, offset: $offset) {_PAGE} }}"
    by_cursor = f"query($after: String) {{ auditLogs(first: 20, after: $after) {_PAGE} }}"
    return same(by_offset, offset=OFFSET) | {SEPTET: Request(by_cursor, {"after": cursor})}


def entities(count: int) -> dict[str, Request]:
    """Return a request for so many rows, spread over the table."""
    wanted = range(1, ROWS + 1, ROWS // count)
    return same(
        _ENTITIES,
        representations=[{"__typename": "AuditLog", "id": log_id(number)} for number in wanted],
    )
