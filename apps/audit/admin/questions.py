"""What staff look for in the logs: as a form, in an address, and told above a list."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.audit.domain.queries import LogQuery, QueryError
from apps.audit.domain.search import asked_tokens
from kernel.admin import MomentInput, TenantFilter, TextInput
from kernel.errors import InvalidInputError
from kernel.ids import parse_id

#: The longest text that a part of a question is.
MOST_TEXT = 500


def _text(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=MOST_TEXT,
        widget=TextInput(),
        help_text=help_text,
    )


class QuestionForm(forms.Form):
    """Which logs; every part that is filled in has to fit. Its fields are those of a `LogQuery`."""

    text = _text("Words", "Words, or beginnings of words of three letters, that all occur.")
    actions = _text("Actions", "Several with commas between them.")
    actor_id = _text("Actor's id")
    actor_name = _text("Actor's name")
    target_type = _text("Target's type")
    target_id = _text("Target's id")
    occurred_from = forms.DateTimeField(label="From (UTC)", required=False, widget=MomentInput())
    occurred_before = forms.DateTimeField(
        label="Before (UTC)", required=False, widget=MomentInput()
    )
    ip_address = _text("Address", "From which it was done.")

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        given["query"] = {}
        if not self.errors:
            try:
                given["query"] = _query({name: given[name] for name in PARTS}).told()
            except QueryError as error:
                raise forms.ValidationError(f"This cannot be looked for: {error}.") from None
        return given


PARTS = tuple(QuestionForm.base_fields)
#: What a search that somebody else keeps may ask, too; no field is there to fill it in.
OTHERS = ("actor_type", "containing", "metadata", "request_id", "subject_key")


def _query(parts: Mapping[str, Any]) -> LogQuery:
    given = {name: value for name, value in parts.items() if value not in (None, "")}
    if "actions" in given:
        given["actions"] = [one.strip() for one in given["actions"].split(",") if one.strip()]
    return LogQuery.of(given)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a list asks for."""

    #: None: of all tenants, and then of the query nothing but the text.
    tenant_id: UUID | None
    query: LogQuery
    problem: str = ""


def asked_of(request: HttpRequest) -> Asked:
    """Read the address of a list; what makes no sense is told as a problem and asks for nothing."""
    tenant = request.GET.get(TenantFilter.parameter_name)
    told = {name: request.GET.get(name, "").strip() for name in (*PARTS, *OTHERS)}
    told["text"] = " ".join(asked_tokens(request.GET.get("q", "")))
    form = QuestionForm(told)
    try:
        tenant_id = parse_id(tenant) if tenant else None
        if not form.is_valid():
            raise QueryError("; ".join(f"{name}: {some[0]}" for name, some in form.errors.items()))
        others: dict[str, Any] = {name: told[name] for name in OTHERS if told[name]}
        if "metadata" in others:
            others["metadata"] = _json(others["metadata"])
        query = LogQuery.of(form.cleaned_data["query"] | others)
    except (InvalidInputError, QueryError) as error:
        return Asked(None, LogQuery(), str(error))
    if tenant_id is None and query.told().keys() - {"text"}:
        text = LogQuery(text=query.text)
        return Asked(None, text, "of all tenants only words are looked for: choose a tenant")
    return Asked(tenant_id, query)


def address_of(query: Mapping[str, Any], tenant_id: UUID) -> dict[str, str]:
    """Return what asks for a question in the address of the list, as `asked_of` reads it."""
    told = {"q" if name == "text" else name: plain(name, one) for name, one in query.items()}
    return {TenantFilter.parameter_name: str(tenant_id), **told}


def told_of(query: Mapping[str, Any]) -> str:
    """Return a question in words; nothing for one that finds all."""
    parts = [f"{name.replace('_', ' ')} {plain(name, one)}" for name, one in query.items()]
    return "logs with " + "; ".join(parts) if parts else ""


def plain(name: str, value: Any) -> str:
    """Return a part of a question as text."""
    if name == "actions":
        return ", ".join(value)
    if name in ("occurred_from", "occurred_before"):
        # In UTC, as inputs for moments have it: without a zone.
        return str(value)[:19]
    return json.dumps(value) if name == "metadata" else str(value)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise QueryError("metadata to look for are JSON") from None


class QuestionFilter(admin.ListFilter):
    """The parts of a question beside a list; the list itself reads what they ask for."""

    title = "what happened"
    template = "audit/question_filter.html"

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        # What the form has no field for goes with it.
        kept = (TenantFilter.parameter_name, *OTHERS)
        self._kept = {name: request.GET[name] for name in kept if name in request.GET}
        # The theme's form takes with it what no filter uses: a place is one of another list.
        self.used_parameters[PAGE_VAR] = ""
        for name in (*PARTS, *OTHERS):
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def has_output(self) -> bool:
        return True

    def choices(self, _changelist: Any) -> Iterator[dict[str, Any]]:
        form = QuestionForm(self.used_parameters)
        # The words have their own place above the list.
        fields = [form[name] for name in PARTS if name != "text"]
        yield {"fields": fields, "kept": self._kept}

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows

    def expected_parameters(self) -> list[str | None]:
        return [*PARTS, *OTHERS]
