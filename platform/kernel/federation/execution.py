"""One operation from text to answer: over HTTP, and in process for other services."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, NoReturn

import orjson
from django.conf import settings
from django.db import DatabaseError
from graphql import (
    ExecutionContext,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    execute_sync,
)
from graphql.execution.values import get_variable_values

from kernel.database.errors import DatabaseBusyError
from kernel.database.pools import take_connection
from kernel.database.routing import reading
from kernel.errors import (
    DomainError,
    InvalidInputError,
    LimitExceededError,
    MethodNotAllowedError,
    RateLimitedError,
    Refused,
    UnauthenticatedError,
)
from kernel.federation import metrics
from kernel.federation.deadline import Deadline, OperationTimeoutError, OutOfTime
from kernel.federation.documents import DocumentRefusedError, Documents, Operation
from kernel.federation.limits import Limits
from kernel.federation.plans import ImperfectError
from kernel.federation.requests import GraphQLRequest
from kernel.federation.scalars import require_time_zones
from kernel.federation.slowness import around_resolvers
from kernel.federation.stopwatch import Stopwatch
from kernel.federation.tracing import Trace
from kernel.masking import describe
from kernel.observability.context import exemplar, request_id
from kernel.observability.tracing import AnySpan, span
from kernel.tenancy.context import NO_CREDENTIAL, Principal, current_principal


class IntrospectionDisabledError(DomainError):
    """The schema is told to signed-in staff only."""

    code = "INTROSPECTION_DISABLED"
    status = 403


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back, and its status for a client that reads the newer media type."""

    body: dict[str, Any]
    status: int = 200
    #: What of it the caller may not do: told to staff, while the body tells the caller.
    refused: tuple[Refused, ...] = ()

    @property
    def replayed(self) -> bool:
        """Whether a mutation in it was done before, under the same idempotency key."""
        return "replayed" in self.body.get("extensions", ())

    @property
    def executed(self) -> bool:
        """Whether the operation was run to its end."""
        return "data" in self.body

    def encoded(self) -> bytes:
        """Return the body as JSON, with ids and times as texts."""
        try:
            return orjson.dumps(self.body, default=str)
        except TypeError:
            # A whole number of more than 64 bits, as a JSON value may be.
            return json.dumps(self.body, default=str, ensure_ascii=False).encode()


@dataclass(slots=True)
class Context:
    """What resolvers find as `info.context`."""

    deadline: Deadline
    #: The key that came with the request, for the one mutation in it.
    idempotency_key: str | None = None
    #: The names in the answer of mutations that were done before.
    replayed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Told:
    """What the metrics are told of an operation, as far as that was known when it ended."""

    kind: str = "unknown"
    way: str = "refused"
    #: Of the one operation of a document, where the client names none.
    name: str = ""
    cost: int = 0


class Endpoint:
    """A schema that answers requests; whoever calls has set the principal."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, compiles: bool = True) -> None:
        self.schema = schema
        self._compiles = compiles
        self._limits = limits
        self._documents = Documents(schema, limits)
        require_time_zones(schema)

    def answer(
        self,
        request: GraphQLRequest,
        *,
        stopwatch: Stopwatch | None = None,
        gone: Callable[[], bool] | None = None,
        trace: Trace | None = None,
        charge: Callable[[int], None] | None = None,
    ) -> Answer:
        """Run one operation. Every failure comes back as a coded error in the answer.

        `gone` tells, on any thread, whether the client has left: its query is not finished then.
        A `trace` is filled by the resolvers and added to the answer. `charge` is told the cost
        before anything runs; only its RateLimitedError is raised, for it concerns the request.
        """
        told = Told()
        begun = perf_counter()
        with span("graphql") as here:
            answer = self._answer(request, stopwatch or Stopwatch(), gone, trace, charge, told)
            if here.kept:
                _tell(here, request, told, answer)
        metrics.took(told.kind, told.way).observe(perf_counter() - begun, exemplar())
        if errors := answer.body.get("errors"):
            metrics.count_errors(errors)
        return answer

    def _answer(
        self,
        request: GraphQLRequest,
        stopwatch: Stopwatch,
        gone: Callable[[], bool] | None,
        trace: Trace | None,
        charge: Callable[[int], None] | None,
        told: "Told",
    ) -> Answer:
        caller = _caller()
        is_open = _is_open_to(caller)
        try:
            prepared = self._documents.read(request.query, stopwatch, suggest=is_open)
            operation = prepared.operation(request.operation_name)
            told.kind = operation.node.operation.value
            told.name = operation.node.name.value if operation.node.name else ""
            _admit(operation, request, caller, schema_is_open=is_open)
            cost = self._affordable(operation, request)
            metrics.COST.observe(cost)
            told.cost = cost
            if charge is not None:
                charge(cost)
            replayed: list[str] = []
            answer = _executed(
                _read_or_changed(
                    operation,
                    lambda: self._execute(
                        operation, request, gone, trace, replayed, told, hide=not is_open
                    ),
                )
            )
        except DocumentRefusedError as refused:
            if caller is None and not is_open:
                # The same as for what the schema has: otherwise it could be guessed name by name.
                return _refusal([GraphQLError(NO_CREDENTIAL)], UnauthenticatedError.code, 401)
            return _refusal(refused.errors, refused.code, refused.status)
        except (RateLimitedError, DatabaseBusyError):
            # Answered with when to come again.
            raise
        except (DomainError, RecursionError) as error:
            code, message = describe(error)
            status = getattr(error, "status", 400)
            return replace(
                _refusal([GraphQLError(message)], code, status), refused=_only_refused([error])
            )
        stopwatch.lap("execute")
        if request.tells_cost:
            answer.body["extensions"] = {
                "cost": {"estimated": cost, "limit": self._limits.cost},
            }
        if replayed:
            answer.body.setdefault("extensions", {})["replayed"] = replayed
        if trace is not None:
            traced = trace.ftv1(answer.body.get("errors", ()))
            answer.body.setdefault("extensions", {})["ftv1"] = traced
        return answer

    def _affordable(self, operation: Operation, request: GraphQLRequest) -> int:
        cost = operation.cost(request.variables)
        if cost > self._limits.cost:
            raise LimitExceededError(
                f"an operation may cost {self._limits.cost}, this one is estimated at {cost}"
            )
        return cost

    def _execute(
        self,
        operation: Operation,
        request: GraphQLRequest,
        gone: Callable[[], bool] | None,
        trace: Trace | None,
        replayed: list[str],
        told: "Told",
        *,
        hide: bool,
    ) -> ExecutionResult:
        """Run an admitted operation; raises OperationTimeoutError."""
        seconds = settings.GRAPHQL_TIMEOUT.total_seconds()
        try:
            # A change is finished even when its client has left.
            with Deadline(seconds, gone=gone if operation.reads else None) as deadline:
                data = self._by_plan(operation, request, deadline) if trace is None else None
                told.way = "executed" if data is None else "compiled"
                result = (
                    ExecutionResult(data, None)
                    if data is not None
                    else execute_sync(
                        self.schema,
                        operation.document,
                        context_value=Context(deadline, request.idempotency_key, replayed),
                        variable_values=request.variables,
                        operation_name=request.operation_name,
                        middleware=around_resolvers(trace),
                        execution_context_class=TimedExecution,
                        hide_suggestions=hide,
                    )
                )
        except OutOfTime:
            raise OperationTimeoutError(f"an operation may take {seconds:g} s") from None
        if deadline.stopped:
            raise OperationTimeoutError(f"an operation may take {seconds:g} s")
        return result

    def _by_plan(
        self, operation: Operation, request: GraphQLRequest, deadline: Deadline
    ) -> dict[str, Any] | None:
        """Return the data if the operation is compiled and all goes well; reading has no effect."""
        if not self._compiles or not operation.reads:
            return None
        declared = operation.node.variable_definitions or ()
        variables = get_variable_values(self.schema, declared, request.variables)
        plan = None if isinstance(variables, list) else operation.plans.plan(variables)
        if plan is None:
            return None
        try:
            return plan.answer(variables)  # type: ignore[arg-type]  # a list has no plan
        except (ImperfectError, DomainError, GraphQLError, DatabaseError):
            # A statement that was stopped would only be stopped again.
            deadline.check()
            return None


def _tell(here: AnySpan, request: GraphQLRequest, told: Told, answer: Answer) -> None:
    """Tell a span what was done (semantic conventions of OpenTelemetry, "GraphQL Server")."""
    name = request.operation_name or told.name
    here.rename(f"graphql {told.kind} {name}".rstrip())
    here.set("graphql.operation.type", told.kind)
    if name:
        here.set("graphql.operation.name", name)
    here.set("septet.graphql.way", told.way)
    here.set("septet.graphql.cost", told.cost)
    caller = _caller()
    if caller is not None:
        here.set("septet.caller", f"{caller.kind}:{caller.id}")
        if caller.tenant_id is not None:
            here.set("septet.tenant_id", str(caller.tenant_id))
    codes = {str(one["extensions"]["code"]) for one in answer.body.get("errors", ())}
    if codes:
        here.set("septet.graphql.codes", " ".join(sorted(codes)))
    if DomainError.code in codes:
        here.fail(DomainError.code)


def _read_or_changed(
    operation: Operation, execute: Callable[[], ExecutionResult]
) -> ExecutionResult:
    """Execute where it may be read; what a replica could not answer the primary answers."""
    with reading(only=operation.reads) as route:
        if route.replica is None:
            take_connection()
        result = execute()
    if not (route.failed and result.errors):
        return result
    take_connection()
    return execute()


class TimedExecution(ExecutionContext):
    """graphql-core's executor; once the time is over it begins no other field."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.context_value.deadline.on_stop = self._stop

    def _stop(self) -> None:
        self.execute_field = _out_of_time  # type: ignore[assignment]  # for this one execution


def _out_of_time(*_arguments: Any) -> NoReturn:
    raise OutOfTime


def _caller() -> Principal | None:
    try:
        return current_principal()
    except UnauthenticatedError:
        return None


def _is_open_to(caller: Principal | None) -> bool:
    """Return whether this caller may look at the schema."""
    return settings.GRAPHQL_INTROSPECTION or (caller is not None and caller.kind == "staff")


def _admit(
    operation: Operation,
    request: GraphQLRequest,
    caller: Principal | None,
    *,
    schema_is_open: bool,
) -> None:
    """Raise for an operation that is not to be run here, whatever it costs."""
    if operation.node.operation == OperationType.SUBSCRIPTION:
        raise InvalidInputError("there are no subscriptions")
    if request.only_reads and not operation.reads:
        raise MethodNotAllowedError("send a mutation by POST")
    if request.idempotency_key is not None and not operation.reads and operation.roots > 1:
        raise InvalidInputError(
            "the header Idempotency-Key is for one mutation; give each a key in its input"
        )
    if schema_is_open or operation.tells_nothing:
        return
    if caller is None:
        raise UnauthenticatedError(NO_CREDENTIAL)
    if operation.introspects:
        raise IntrospectionDisabledError("introspection is for signed-in staff")


def _executed(result: ExecutionResult) -> Answer:
    # Without data and without a path, a variable could not be read and nothing was run.
    executed = result.data is not None or any(error.path for error in result.errors or ())
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [_formatted(error) for error in result.errors]
    if executed:
        body["data"] = result.data
    refused = _only_refused([_cause(error) for error in result.errors or ()])
    return Answer(body, 200 if executed else 400, refused)


def _only_refused(causes: Sequence[BaseException | None]) -> tuple[Refused, ...]:
    return tuple(cause for cause in causes if isinstance(cause, Refused))


def _refusal(errors: Sequence[GraphQLError], code: str, status: int) -> Answer:
    return Answer({"errors": [_formatted(error, code) for error in errors]}, status)


def _formatted(error: GraphQLError, code: str | None = None) -> dict[str, Any]:
    """Return the error as the client sees it: a message meant for it, and a code."""
    cause = _cause(error)
    if cause is None:
        code, message = code or InvalidInputError.code, error.message
    elif error.path or isinstance(cause, DomainError):
        code, message = describe(cause)
    else:
        # A scalar refused a value, and graphql-core adds what Python said of it.
        code = code or InvalidInputError.code
        message = error.message.removesuffix(str(cause)).rstrip("; ")
    extensions = {"code": code}
    if code == DomainError.code:
        extensions["id"] = request_id()
    formatted: dict[str, Any] = {"message": message, "extensions": extensions}
    if error.locations:
        formatted["locations"] = [location.formatted for location in error.locations]
    if error.path:
        formatted["path"] = error.path
    return formatted


def _cause(error: GraphQLError) -> BaseException | None:
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause
