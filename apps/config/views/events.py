"""The stream that tells clients to ask for their flags again."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.config.services.telling import event_of, opened_by_token, topic_of
from apps.config.views.credentials import EvaluationVisit, Reach, answered
from apps.config.views.ofrep import preflight
from kernel.ratelimits.visit import Visit
from kernel.streams import broadcaster, stream
from kernel.tenancy.context import in_tenant


@csrf_exempt
def view(request: HttpRequest) -> HttpResponse:
    """Stream changes of an environment, by the token of a bulk evaluation or by a key.

    It begins with the revision of now: so a change between the evaluation and this is not missed.
    """
    if request.method == "OPTIONS":
        return preflight()
    token = request.GET.get("token")
    visit = Visit(request) if token else EvaluationVisit(request)

    def streamed() -> HttpResponse:
        if isinstance(visit, EvaluationVisit):
            return _stream(request, visit.reach())
        visit.admit()
        tenant_id, environment_id, key_id = opened_by_token(token or "")
        return _stream(request, Reach(tenant_id, environment_id, key_id=key_id))

    response = answered(request, visit, ("GET",), streamed)
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _stream(request: HttpRequest, reach: Reach) -> HttpResponse:
    position = broadcaster.position()
    with in_tenant(reach.tenant_id):
        snapshot = reach.snapshot()
    now = event_of(snapshot)
    return stream(
        topic_of(snapshot.tenant_id, snapshot.environment_id),
        tenant_id=snapshot.tenant_id,
        position=position,
        beginning=() if request.headers.get("Last-Event-ID") == now.id else (now,),
        seen=now.id,
        key=reach.key_id,
    )
