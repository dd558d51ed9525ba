"""GraphQL over HTTP for the generated clients: keys, deadlines, attempts, errors by code."""

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Any, Self
from uuid import uuid4

import httpx
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from septet_client.attempts import Attempts, Policy
from septet_client.errors import SeptetError, Unreachable, error_of

ACCEPT = "application/graphql-response+json, application/json;q=0.9"
#: Also behind a comment or fragments; what only looks like one is merely sent once.
_MUTATION = re.compile(r"(?:^|\})\s*mutation\b", re.MULTILINE)


class _Calls:
    """What both transports make of a document and its answer."""

    policy: Policy

    def attempts(self, request: httpx.Request) -> Attempts:
        """Begin the call of an operation: of mutations those that bear a key may be repeated."""
        return Attempts(self.policy, safe=request.extensions["septet.safe"])

    def get_data(self, response: httpx.Response) -> dict[str, Any]:
        """Return the data of an answer; raises SeptetError, also for what a mutation refused."""
        answer = _body(response)
        data: dict[str, Any] | None = answer.get("data")
        if errors := answer.get("errors"):
            raise error_of(errors[0], response.status_code, data)
        if data is None:
            raise Unreachable("UNREADABLE", "the answer has neither data nor errors")
        if response.request.extensions.get("septet.mutation"):
            for name, payload in data.items():
                if isinstance(payload, Mapping) and (refused := payload.get("error")):
                    raise SeptetError(refused["code"], refused["message"], path=name, data=data)
        return data

    @staticmethod
    def request(
        client: httpx.Client | httpx.AsyncClient,
        query: str,
        operation_name: str | None,
        variables: dict[str, Any] | None,
    ) -> httpx.Request:
        """Return the request of an operation. The `input` of a mutation is given a key."""
        sent = {name: _plain(value) for name, value in (variables or {}).items() if _said(value)}
        is_mutation = _MUTATION.search(query) is not None
        given, has_key = sent.get("input"), False
        if is_mutation and isinstance(given, Mapping):
            key = given.get("idempotencyKey") or str(uuid4())
            sent["input"], has_key = {**given, "idempotencyKey": key}, True
        told = {"query": query, "operationName": operation_name, "variables": sent}
        made = client.build_request(
            "POST", "/graphql", json=to_jsonable_python(told), headers={"Accept": ACCEPT}
        )
        made.extensions["septet.mutation"] = is_mutation
        made.extensions["septet.safe"] = has_key or not is_mutation
        return made


class Transport(_Calls):
    """Sends operations and waits for their answers."""

    def __init__(self, http: httpx.Client, policy: Policy) -> None:
        self.http = http
        self.policy = policy

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def execute(
        self,
        query: str,
        operation_name: str | None = None,
        variables: dict[str, Any] | None = None,
        **_options: Any,
    ) -> httpx.Response:
        """Send one operation; raises Unreachable when no answer came in its time."""
        request = self.request(self.http, query, operation_name, variables)
        return self.send(request, self.attempts(request))

    def send(self, request: httpx.Request, attempts: Attempts) -> httpx.Response:
        """Send a request until it is answered or its attempts are used up."""
        while True:
            outcome = self._try(request, attempts)
            if isinstance(outcome, httpx.Response) and outcome.is_success:
                return outcome
            if (pause := attempts.pause_after(outcome)) is None:
                return answered(outcome)
            time.sleep(pause)

    def _try(self, request: httpx.Request, attempts: Attempts) -> httpx.Response | httpx.HTTPError:
        request.extensions["timeout"] = httpx.Timeout(attempts.left()).as_dict()
        try:
            return self.http.send(request)
        except httpx.HTTPError as error:
            return error


class AsyncTransport(_Calls):
    """The same for asyncio."""

    def __init__(self, http: httpx.AsyncClient, policy: Policy) -> None:
        self.http = http
        self.policy = policy

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def execute(
        self,
        query: str,
        operation_name: str | None = None,
        variables: dict[str, Any] | None = None,
        **_options: Any,
    ) -> httpx.Response:
        """Send one operation; raises Unreachable when no answer came in its time."""
        request = self.request(self.http, query, operation_name, variables)
        return await self.send(request, self.attempts(request))

    async def send(self, request: httpx.Request, attempts: Attempts) -> httpx.Response:
        """Send a request until it is answered or its attempts are used up."""
        while True:
            outcome = await self._try(request, attempts)
            if isinstance(outcome, httpx.Response) and outcome.is_success:
                return outcome
            if (pause := attempts.pause_after(outcome)) is None:
                return answered(outcome)
            await asyncio.sleep(pause)

    async def _try(
        self, request: httpx.Request, attempts: Attempts
    ) -> httpx.Response | httpx.HTTPError:
        request.extensions["timeout"] = httpx.Timeout(attempts.left()).as_dict()
        try:
            return await self.http.send(request)
        except httpx.HTTPError as error:
            return error


def answered(outcome: httpx.Response | httpx.HTTPError) -> httpx.Response:
    """Return an answer as it is; raises Unreachable when there is none."""
    if isinstance(outcome, httpx.Response):
        return outcome
    raise unreachable(outcome) from outcome


def unreachable(error: httpx.HTTPError) -> Unreachable:
    """Return how a line that is cut is told."""
    return Unreachable("UNREACHABLE", f"no answer: {str(error) or type(error).__name__}")


def checked(response: httpx.Response) -> httpx.Response:
    """Return an answer over plain HTTP; raises SeptetError unless it is a success."""
    if response.is_success:
        return response
    errors = _body(response).get("errors") or [{"message": f"status {response.status_code}"}]
    raise error_of(errors[0], response.status_code)


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        return answer
    message = f"status {response.status_code}, and not by the platform: {response.text[:200]}"
    raise Unreachable("UNREADABLE", message, status=response.status_code)


def _said(value: Any) -> bool:
    # What stands in generated code for an argument that was not given.
    return type(value).__name__ != "UnsetType"


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return value
