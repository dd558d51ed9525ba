"""Which of the two media types an answer has (GraphQL over HTTP, section "Accept")."""

from functools import lru_cache

from kernel.errors import DomainError

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
_EXPLICIT = 2


class NotAcceptableError(DomainError):
    """The client accepts no media type that we could answer with."""

    code = "NOT_ACCEPTABLE"
    status = 406


@lru_cache(maxsize=256)
def response_type(accept: str, *, wildcards: bool = True) -> str:
    """Return the media type that an Accept header prefers; raises NotAcceptableError.

    Without a header, and where a wildcard alone decides, it is the older one. `wildcards=False`
    counts only a range that names JSON or GraphQL itself.
    """
    if not accept.strip():
        accept = "*/*"
    ranges = [_range(part) for part in accept.split(",")]
    # The more specific range decides about a type (RFC 9110, section 12.5.1).
    found = {}
    for media_type in (GRAPHQL_JSON, JSON):
        matching = [
            (specific, quality)
            for name, quality in ranges
            if (specific := _specificity(name, media_type)) >= (0 if wildcards else _EXPLICIT)
        ]
        specific, quality = max(matching, default=(0, 0.0))
        if quality > 0:
            found[media_type] = (quality, specific)
    if not found:
        raise NotAcceptableError(f"answers are {GRAPHQL_JSON} or {JSON}: name one in `Accept`")
    best = max(found.values())
    preferred = [media_type for media_type, worth in found.items() if worth == best]
    # Both alike: the newer one for who has named it, the older one for who takes anything.
    return preferred[0] if best[1] == _EXPLICIT else preferred[-1]


def _range(text: str) -> tuple[str, float]:
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            quality = _quality(value.strip())
        elif key.strip() == "charset" and value.strip('" ') not in {"utf-8", "utf8"}:
            quality = 0.0
    return name, quality


def _quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


def _specificity(name: str, media_type: str) -> int:
    """Return how exactly a range names a media type, -1 when it does not."""
    if name == media_type:
        return _EXPLICIT
    if name == "application/*":
        return 1
    return 0 if name == "*/*" else -1
