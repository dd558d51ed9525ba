"""What is told of a data subject, for programs: the answer to a request for access."""

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from apps.audit.access import PERSONAL
from apps.audit.services.disclosing import disclose
from kernel.errors import InvalidInputError
from kernel.federation.requests import UnsupportedMediaTypeError
from kernel.ids import parse_id
from kernel.ratelimits.views import for_programs
from kernel.tenancy.context import require


@require_POST
@for_programs
def records(request: HttpRequest) -> HttpResponse:
    """Answer with records that tell something personal of a subject, one a line, at most 500.

    The body is `{"subject": …}`, which is in no address and so in no log; go on with `"after"`, the
    id of the last record, until there are none.
    """
    require(PERSONAL)
    if request.content_type != "application/json":
        raise UnsupportedMediaTypeError("application/json was expected")
    subject, after = _asked(request.body)
    told = disclose(subject=subject, after=parse_id(after) if after else None)
    lines = b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in told)
    return HttpResponse(
        lines, content_type="application/jsonl", headers={"Cache-Control": "no-store"}
    )


def _asked(body: bytes) -> tuple[str, str]:
    try:
        asked = orjson.loads(body)
        subject, after = asked["subject"], asked.get("after", "")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        subject = after = None
    if not (isinstance(subject, str) and isinstance(after, str)):
        raise InvalidInputError('{"subject": "…"} was expected, perhaps with "after" and an id')
    return subject, after
