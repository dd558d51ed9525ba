"""The page of a flag in an environment, and what its scripts ask: is it right, who gets what."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_datetime

from apps.config.admin.badges import editor_of, standing
from apps.config.domain.differences import MISSING
from apps.config.domain.evaluations import Explanation
from apps.config.domain.findings import Finding
from apps.config.errors import DefinitionRefusedError
from apps.config.models import Environment, FeatureFlag, FlagState, FlagType, Segment
from apps.config.selectors.environments import named
from apps.config.selectors.matrix import cells_of
from apps.config.services.changes import Change, place_of, standing_of
from apps.config.services.joining import join
from apps.config.services.publishing import publish
from apps.config.services.requests import Proposal, create_request, submit_request
from apps.config.services.snapshots import BUCKETING
from apps.config.services.testing import explain, validate
from kernel.admin import acting_staff, row_of
from kernel.errors import ConflictError, DomainError, InvalidInputError

#: Names that are offered where a rule names a segment or a flag.
MOST_OFFERED = 500

#: What staff do with a flag in an environment: the last parts of addresses.
_PARTS = (
    *("validate", "try", "publish", "propose"),
    *("history", "kill", "restore", "withdraw", "copy", "roll_out"),
)

Answer = dict[str, Any]
Asked = Callable[[HttpRequest, FeatureFlag, Environment, Answer], Answer]


def flag_there(
    page: Any, request: HttpRequest, flag_id: UUID, environment: str
) -> tuple[FeatureFlag, Environment]:
    """Return a flag and an environment of the same tenant; raises Http404."""
    flag: FeatureFlag = row_of(page, request, str(flag_id))
    with acting_staff(request, flag.tenant_id):
        there = named(environment).first()
    if there is None:
        raise Http404(f"no environment {environment}")
    return flag, there


def urls_of(page: Any) -> list[URLPattern]:
    """Return the addresses of the editor and of what its scripts ask."""
    view = page.admin_site.admin_view

    def shown(request: HttpRequest, flag_id: UUID, environment: str) -> HttpResponse:
        if not page.has_view_permission(request):
            raise PermissionDenied
        return _page(page, request, *flag_there(page, request, flag_id, environment))

    def asked(name: str, ask: Asked, *, changes: bool) -> URLPattern:
        def answer(request: HttpRequest, flag_id: UUID, environment: str) -> HttpResponse:
            may = page.has_operate_permission if changes else page.has_view_permission
            if not may(request):
                raise PermissionDenied
            if request.method != "POST":
                return HttpResponse(status=405, headers={"Allow": "POST"})
            flag, there = flag_there(page, request, flag_id, environment)
            with acting_staff(request, flag.tenant_id):
                return _answered(request, flag, there, ask)

        return path(
            f"<uuid:flag_id>/in/<str:environment>/{name}/",
            view(answer),
            name=f"config_featureflag_{name}",
        )

    return [
        path("<uuid:flag_id>/in/<str:environment>/", view(shown), name="config_featureflag_editor"),
        asked("validate", _validate, changes=False),
        asked("try", _try, changes=False),
        asked("publish", _publish, changes=True),
        asked("propose", _propose, changes=True),
    ]


def _page(
    page: Any, request: HttpRequest, flag: FeatureFlag, environment: Environment
) -> HttpResponse:
    cells = cells_of([flag.pk]).get(flag.pk, {})
    with acting_staff(request, flag.tenant_id):
        states = FlagState.objects.select_related("version")
        state = states.filter(flag=flag.pk, environment=environment.pk).first()
        segments = Segment.objects.order_by("key").values_list("key", flat=True)[:MOST_OFFERED]
        flags = FeatureFlag.objects.filter(archived_at=None).exclude(pk=flag.pk).order_by("key")
        offered = {
            "segments": list(segments),
            "flags": list(flags.values_list("key", flat=True)[:MOST_OFFERED]),
        }
        beside = list(Environment.objects.order_by("position", "id"))
    version = state.version if state else None
    urls = {part: editor_of(flag.pk, environment.key, part) for part in _PARTS}
    context = page.admin_site.each_context(request) | {
        "title": f"{flag.key} in {environment.key}",
        "opts": page.opts,
        "media": page.media,
        "is_fullwidth": "1",
        "flag": flag,
        "environment": environment,
        "state": state,
        "version": version,
        "definition": version.definition if version else "",
        "types": FlagType.choices,
        "offered": json.dumps(offered),
        "flag_json": json.dumps(
            {
                "id": str(flag.pk),
                "environment": str(environment.pk),
                "base": state.number if state else 0,
                "bucketing": BUCKETING,
            }
        ),
        "may_publish": page.has_operate_permission(request) and flag.archived_at is None,
        "may_propose": may_propose(request),
        "cell": cells.get(environment.key),
        "beside": [
            (one, editor_of(flag.pk, one.key), standing(flag.pk, one.key, cells.get(one.key)))
            for one in beside
        ],
        "urls": urls,
        "urls_json": json.dumps(urls),
    }
    return TemplateResponse(request, "config/editor.html", context)


def _answered(
    request: HttpRequest, flag: FeatureFlag, environment: Environment, ask: Asked
) -> HttpResponse:
    """Answer with JSON; what a DomainError says is in it, with the status it has."""
    try:
        sent = json.loads(request.body)
        if not isinstance(sent, dict):
            raise InvalidInputError("an object is sent")
        return JsonResponse(ask(request, flag, environment, sent))
    except (ValueError, RecursionError):
        return JsonResponse({"error": {"code": "INVALID_INPUT", "message": "no JSON"}}, status=400)
    except DomainError as error:
        told: Answer = {"code": error.code, "message": str(error)}
        if isinstance(error, DefinitionRefusedError):
            told["findings"] = _findings(flag, list(error.findings))
        return JsonResponse({"error": told}, status=error.status)


def may_propose(request: HttpRequest) -> bool:
    """Say whether somebody may ask for a change that others approve."""
    user: Any = request.user
    return bool(user.has_perm("config.add_changerequest"))


def _text(sent: Answer, name: str, default: str | None = None) -> str:
    value = sent.get(name, default)
    if not isinstance(value, str):
        raise InvalidInputError(f"{name} is a text")
    return value


def _validate(
    _request: HttpRequest, flag: FeatureFlag, environment: Environment, sent: Answer
) -> Answer:
    found = validate(FeatureFlag(key=flag.key), _text(sent, "definition"), environment.pk)
    return {"findings": _findings(flag, found)}


def _findings(flag: FeatureFlag, found: list[Finding]) -> list[Answer]:
    """Return findings with places within the flag, where they are of it."""
    own = place_of(flag)
    return [
        {
            "place": one.place.removeprefix(own),
            "here": one.place.startswith(own),
            "code": one.code,
            "message": one.message,
            "severity": one.severity.value,
        }
        for one in found
    ]


def _try(
    _request: HttpRequest, flag: FeatureFlag, environment: Environment, sent: Answer
) -> Answer:
    definition = _text(sent, "definition", "") or None
    contexts = json.loads(_text(sent, "contexts"))
    if not isinstance(contexts, list):
        raise InvalidInputError("contexts are a list")
    explained = explain(flag.key, contexts, environment=environment.pk, definition=definition)
    return {"answers": [_told(flag, one) for one in explained]}


def _told(flag: FeatureFlag, explained: Explanation) -> Answer:
    answer, own = explained.evaluation, place_of(flag)
    return {
        # As JSON, since 1.0 is another text than 1.
        "value": json.dumps(answer.value, ensure_ascii=False),
        "variant": answer.variant,
        "reason": answer.reason,
        "errorCode": answer.error_code,
        "errorMessage": answer.error_message,
        "bucketing": explained.bucketing,
        "revision": explained.revision,
        "steps": [
            {
                "place": step.place.removeprefix(own),
                "operator": step.operator,
                "result": json.dumps(step.result, ensure_ascii=False, default=str),
                "detail": step.detail,
            }
            for step in explained.steps
        ],
    }


def _publish(
    request: HttpRequest, flag: FeatureFlag, environment: Environment, sent: Answer
) -> Answer:
    definition, base = _text(sent, "definition"), _base(sent)
    change = Change(target=flag, definition=definition, base=base)
    try:
        done = publish(environment.pk, [change], reason=_text(sent, "reason", ""))
    except ConflictError as error:
        if standing_of(environment, [flag])[flag.pk].number == base:
            raise
        return _meanwhile(flag, environment, definition, base) | {"conflict": str(error)}
    [version] = done.versions
    said = f"It says so already, as version {base}."
    if version is not None:
        said = f"Version {version.number} is live in {environment.key}: revision {done.revision}."
    messages.success(request, said)
    return {"go": editor_of(flag.pk, environment.key)}


def _propose(
    request: HttpRequest, flag: FeatureFlag, environment: Environment, sent: Answer
) -> Answer:
    """Keep a draft, or ask for a review: at once, or for a time at which it is published."""
    definition, base = _text(sent, "definition"), _base(sent)
    if not may_propose(request):
        raise PermissionDenied
    proposal = Proposal(flag_id=str(flag.pk), definition=definition, base=base)
    with transaction.atomic():
        made = create_request(
            title=_text(sent, "reason", "").strip()[:200] or f"Change {flag.key}",
            changes=[proposal],
            environment=environment.pk,
        )
        if sent.get("submit") is True:
            made = submit_request(id=str(made.pk), apply_at=_moment(_text(sent, "applyAt", "")))
    state = str(made.state).replace("_", " ")
    messages.success(request, f"The change request {made.title!r} is {state}.")
    return {"go": reverse("admin:config_changerequest_change", args=[made.pk])}


def _meanwhile(flag: FeatureFlag, environment: Environment, definition: str, base: int) -> Answer:
    """Return what others have published since, and what both changes together would be."""
    joined = join(flag, environment, base=base, ours=definition)
    return {
        "number": joined.number,
        "author": joined.author,
        "reason": joined.reason,
        "at": f"{joined.at:%Y-%m-%d %H:%M} UTC",
        "merged": joined.merged,
        "conflicts": list(joined.conflicts),
        "differences": [
            {
                "place": one.place,
                "before": _json(one.before),
                "after": _json(one.after),
            }
            for one in joined.differences
        ],
    }


def _json(value: Any) -> str | None:
    return None if value is MISSING else json.dumps(value, ensure_ascii=False)


def _base(sent: Answer) -> int:
    base = sent.get("base")
    if not isinstance(base, int) or isinstance(base, bool):
        raise InvalidInputError("base is the number of a version")
    return base


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInputError(f"a time with its zone, not {text!r}")
    return moment
