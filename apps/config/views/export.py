"""An environment as a file that flagd serves: fetched by its tag, and signed."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.config.domain import ofrep
from apps.config.services.exporting import Target, export, signature_of, written
from apps.config.services.telling import tag_of
from apps.config.views.credentials import EvaluationVisit, answered

SIGNATURE = "X-Septet-Signature"


@csrf_exempt
def flagd(request: HttpRequest) -> HttpResponse:
    """Answer with all that plain flagd can serve; a flag that it cannot is not in it.

    `?bucketing=flagd-v2` is for a flagd that hashes as the second generation does.
    """
    visit = EvaluationVisit(request)
    return answered(request, visit, ("GET", "HEAD"), lambda: _file(request, visit))


def _file(request: HttpRequest, visit: EvaluationVisit) -> HttpResponse:
    snapshot = visit.reach(secret=True).snapshot()
    bucketing = request.GET.get("bucketing", "flagd-v3")
    exported = export(snapshot, Target.FLAGD, bucketing=bucketing)
    tag = f'"{tag_of(snapshot.environment_id, snapshot.revision)}-{bucketing}"'
    if ofrep.is_current(request.headers.get("If-None-Match", ""), tag):
        return HttpResponse(status=304, headers={"ETag": tag})
    content = written(exported)
    headers = {"ETag": tag, "Cache-Control": "no-cache", SIGNATURE: signature_of(content)}
    return HttpResponse(content, "application/json", headers=headers)
