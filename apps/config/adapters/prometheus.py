"""Values of metrics, asked of a Prometheus that a tenant names."""

import math
from urllib.parse import urlencode

import orjson

from kernel.errors import UnavailableError
from kernel.outbound.client import fetch


def ask(url: str, query: str) -> float | None:
    """Return the largest value that a query gives, None where it gives none.

    Raises UnavailableError for an answer that is none, and what `fetch` raises.
    """
    answer = fetch("GET", f"{url}?{urlencode({'query': query})}", purpose="guard")
    if answer.status != 200:
        raise UnavailableError(f"Prometheus answers {answer.status}")
    try:
        data = orjson.loads(answer.body)["data"]
        found = (
            [data["result"]]
            if data["resultType"] == "scalar"
            else [one["value"] for one in data["result"]]
        )
        values = [float(value) for _, value in found]
    except (ValueError, KeyError, TypeError) as error:
        raise UnavailableError(f"Prometheus answers something else: {error!r}") from None
    return max((value for value in values if not math.isnan(value)), default=None)
