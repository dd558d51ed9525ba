"""Asks a service by name; whoever calls never knows whether it is in this process."""

import re
import time
from collections.abc import Callable
from typing import Any, Protocol

import orjson
from django.conf import settings
from django.db import connection
from graphql import GraphQLError

from kernel.errors import DomainError, UnavailableError
from kernel.federation.execution import Endpoint
from kernel.federation.requests import GraphQLRequest
from kernel.mesh import metrics
from kernel.mesh.calling import call
from kernel.mesh.destinations import destinations
from kernel.mesh.joining import JoinedGraph
from kernel.mesh.plans import UnreachableError
from kernel.observability.context import exemplar
from kernel.services import BY_NAME
from kernel.tenancy.context import Principal, acting_as, current_principal

#: How long a question may take, connecting included.
DEADLINE_SECONDS = 5.0
#: A change may wait for rows that others hold.
CHANGE_SECONDS = 30.0
#: A document without this word changes nothing; one with it may only mention it.
_CHANGES = re.compile(r"\bmutation\b")
#: Answers of a service that has no time, whatever else they say.
_LATER = frozenset({429, 503})


class RemoteError(DomainError):
    """The other service answered with errors; carries the first one's code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.remote_code = code


class Transport(Protocol):
    """One way to a service."""

    def ask(self, service: str, request: GraphQLRequest, principal: Principal) -> dict[str, Any]:
        """Return the whole answer, errors and all; raises UnavailableError without one."""
        ...


class InProcess:
    """A service of this very process: no socket, the same schema and the same checks."""

    def __init__(self, endpoint: Callable[[str], Endpoint]) -> None:
        self._endpoint = endpoint

    def ask(self, service: str, request: GraphQLRequest, principal: Principal) -> dict[str, Any]:
        def send(_url: str, _seconds: float) -> bytes:
            with acting_as(principal):
                return self._endpoint(service).answer(request).encoded()

        begun, outcome = time.perf_counter(), "none"
        try:
            # It has the time of whoever waits for us, and at most that of any operation.
            seconds = settings.GRAPHQL_TIMEOUT.total_seconds()
            answer = destinations.near(service).call(send, seconds=seconds, idempotent=False)
            outcome = "2xx"
        finally:
            metrics.SECONDS.labels(service, outcome).observe(
                time.perf_counter() - begun, exemplar()
            )
        # As it would come over HTTP, where ids and times are texts.
        body: dict[str, Any] = orjson.loads(answer)
        return body


class OverHTTP:
    """A service of another process, by the URL that SERVICE_URLS gives."""

    def ask(self, service: str, request: GraphQLRequest, principal: Principal) -> dict[str, Any]:
        body = orjson.dumps(
            {
                "query": request.query,
                "variables": request.variables,
                "operationName": request.operation_name,
            }
        )
        key = request.idempotency_key
        called = call(
            service,
            "POST",
            f"/{service}/graphql",
            principal=principal,
            seconds=CHANGE_SECONDS if key else DEADLINE_SECONDS,
            body=body,
            headers={"Idempotency-Key": key} if key else {},
            idempotent=bool(key) or not _CHANGES.search(request.query),
        )
        if called.status in _LATER:
            raise called.unavailable(f"{service} answers {called.status}")
        try:
            answer: dict[str, Any] = orjson.loads(called.body)
        except orjson.JSONDecodeError:
            raise UnavailableError(f"{service} gives no answer that is JSON") from None
        return answer


class Mesh:
    """The services of this process by one transport, all others by the other."""

    def __init__(self) -> None:
        self._near: Transport | None = None
        self._whole: Transport | None = None
        self._far: Transport = OverHTTP()
        #: It remembers what services say of themselves.
        self._joint: JoinedGraph | None = None

    def serve_here(
        self, endpoint: Callable[[str], Endpoint], graph: Callable[[], Endpoint] | None = None
    ) -> None:
        """Let the services of this process be asked in process; said once, at start.

        `graph` is of all of them together.
        """
        self._near = InProcess(endpoint)
        self._joint = None
        self._whole = InProcess(lambda _: graph()) if graph else None

    def query(self, service: str, document: str, **variables: Any) -> dict[str, Any]:
        """Ask as the current principal and return the data.

        Raises RemoteError for an answer with errors, UnavailableError for none. Refuses to run
        inside a transaction: a slow neighbour must not hold our locks.
        """
        return _asked(self._way_to(service), service, document, variables)

    def change(
        self, service: str, document: str, variables: dict[str, Any], *, key: str
    ) -> dict[str, Any]:
        """Have something changed, once for a key, and return the data; raises as `query` does."""
        return _asked(self._way_to(service), service, document, variables, key)

    def _way_to(self, service: str) -> Transport:
        near = self._near if service in settings.SERVICES else None
        return near or self._far

    def query_graph(self, document: str, **variables: Any) -> dict[str, Any]:
        """Ask the graph of all services, as `query` asks one, in however many processes they are.

        What no service has is a RemoteError with GRAPHQL_VALIDATION_FAILED, as here.
        """
        if self._whole is not None and set(settings.SERVICES) >= set(BY_NAME):
            return _asked(self._whole, "", document, variables)
        try:
            return self._joined().query(document, variables)
        except UnreachableError as error:
            raise RemoteError("GRAPHQL_VALIDATION_FAILED", str(error)) from None
        except GraphQLError as error:
            raise RemoteError("GRAPHQL_PARSE_FAILED", error.message) from None

    def _joined(self) -> JoinedGraph:
        if self._joint is None:
            services = [name for name in BY_NAME if name in settings.SERVICE_URLS]
            self._joint = JoinedGraph(self.query, services, settings.SERVICES)
        return self._joint


def _asked(
    transport: Transport,
    service: str,
    document: str,
    variables: dict[str, Any],
    key: str | None = None,
) -> dict[str, Any]:
    refuse_inside_transaction()
    request = GraphQLRequest(document, variables, None, idempotency_key=key)
    answer = transport.ask(service, request, current_principal())
    if answer.get("errors"):
        first = answer["errors"][0]
        raise RemoteError(first.get("extensions", {}).get("code", ""), first["message"])
    data: dict[str, Any] = answer["data"]
    return data


def inside_transaction() -> bool:
    """Say whether rows of ours may be locked, so that nobody else is to be waited for."""
    # The transaction that a test case wraps around itself does not count, as for `durable=True`.
    blocks = connection.atomic_blocks
    return connection.in_atomic_block and not getattr(blocks[-1], "_from_testcase", False)


def refuse_inside_transaction() -> None:
    """Raise RuntimeError where another service would be asked while rows of ours are locked."""
    if inside_transaction():
        raise RuntimeError("ask another service before or after a transaction, never inside")


mesh = Mesh()
