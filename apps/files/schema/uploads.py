"""Uploads through the graph: begun here, sent straight to the store, and completed here."""

from collections.abc import Callable
from typing import Any

import graphene
import orjson

from apps.files.models import UploadSession, UploadState, UploadWay
from apps.files.services.direct import (
    abort_upload,
    complete_upload,
    part_requests,
    start_upload,
)
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, ChangeInput, Create, Update
from kernel.storage.clients import ClientRequest

UploadStateEnum = graphene.Enum.from_enum(UploadState)
UploadWayEnum = graphene.Enum.from_enum(UploadWay)


@key("id")
class UploadSessionType(Entity):
    """A file on its way from whoever sends it."""

    class Meta:
        model = UploadSession
        name = "UploadSession"
        fields = ("id", "length", "offset", "sha256", "finding", "created_at", "expires_at")

    state = UploadStateEnum(required=True)
    way = UploadWayEnum(required=True)
    file_id = graphene.ID(description="The file that it becomes; null of a part of one.")


class UploadField(graphene.ObjectType):
    """A name and a value that a request has."""

    name = graphene.String(required=True)
    value = graphene.String(required=True)


class UploadRequest(graphene.ObjectType):
    """A request to make as it stands: what is changed in it is refused."""

    method = graphene.String(required=True, description="`PUT`, or `POST` of a form.")
    url = graphene.String(
        required=True, description="Good for 15 minutes. A path is one of this platform."
    )
    headers = graphene.List(graphene.NonNull(UploadField), required=True)
    fields = graphene.List(
        graphene.NonNull(UploadField),
        required=True,
        description="Of a form; the bytes come after them as the field `file`.",
    )


class UploadPartRequest(graphene.ObjectType):
    """The request that sends one part."""

    number = graphene.Int(required=True)
    offset = graphene.BigInt(required=True, description="Where in the file it begins.")
    length = graphene.BigInt(required=True)
    request = graphene.Field(UploadRequest, required=True)


class UploadSessionFilter(graphene.InputObjectType):
    """Which uploads; every part that is given has to fit."""

    state = UploadStateEnum()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class UploadSessionOrder(graphene.Enum):
    """In which order uploads are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class StartUploadInput(ChangeInput):
    """A file to be."""

    name = graphene.String(required=True, description="A name, not a path.")
    size_bytes = graphene.BigInt(required=True)
    content_type = graphene.String()
    folder_id = graphene.ID(
        description="At the root, if not sent. Into an encrypted one the way is always STREAM."
    )
    sha256 = graphene.String(
        description="In hexadecimal. Needed by PUT and FORM, where the store sees to it itself."
    )
    way = UploadWayEnum(
        description="PUT if not said, and PARTS above 100 MiB or without a SHA-256. Where clients"
        " do not reach the store it is always STREAM: a PUT to this platform."
    )
    reader_scope = graphene.String(
        description="The scope that it takes to see the file at all, such as `audit:export`. Only"
        " services of the platform may say one."
    )


class PresignUploadPartsInput(ById):
    """Parts to send."""

    numbers = graphene.List(
        graphene.NonNull(graphene.Int),
        description="From 1 on, at most 100; the first that are missing if not said.",
    )


class CompleteUploadInput(ById):
    """The upload that is all there."""


class AbortUploadInput(ById):
    """The upload that nobody goes on with."""


def _told(request: ClientRequest | None) -> dict[str, Any] | None:
    if request is None:
        return None
    return {
        "method": request.method,
        "url": request.url,
        "headers": _pairs(request.headers),
        "fields": _pairs(request.fields),
    }


def _pairs(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _text(told: Any) -> str:
    """Return it as one text, as which it is kept with an idempotency key."""
    return orjson.dumps(told).decode()


def _kept(name: str) -> Callable[[dict[str, Any], Any], Any]:
    return lambda answer, _info: orjson.loads(answer[name]) if name in answer else None


class _Start(Create):
    """Begins one, and says how it is sent."""

    def results(self) -> dict[str, Any]:
        return {
            **super().results(),
            "request": graphene.Field(
                UploadRequest,
                resolver=_kept("request"),
                description="Null of one in parts; the same when it is told again by an"
                " idempotency key.",
            ),
        }

    def done(self, made: Any) -> dict[str, Any]:
        upload, request = made
        return {self.member: upload, "request": _text(_told(request))}


class _Presign(Update):
    """Says how parts are sent."""

    def results(self) -> dict[str, Any]:
        return {
            **super().results(),
            "parts": graphene.List(
                graphene.NonNull(UploadPartRequest),
                resolver=_kept("parts"),
                description="None are left to send when no number was said and this is empty.",
            ),
        }

    def done(self, made: Any) -> dict[str, Any]:
        upload, parts = made
        told = [
            {
                "number": part.number,
                "offset": part.offset,
                "length": part.length,
                "request": _told(part.request),
            }
            for part in parts
        ]
        return {self.member: upload, "parts": _text(told)}


class Uploads:
    """Reads of uploads."""

    upload_session = One(UploadSessionType)
    upload_sessions = Many(
        UploadSessionType,
        filter=UploadSessionFilter,
        lookups={
            "state": "state",
            "created_from": "created_at__gte",
            "created_before": "created_at__lt",
        },
        order=UploadSessionOrder,
    )


def _without_nulls(sent: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sent.items() if value is not None}


class UploadChanges:
    """Changes of uploads."""

    start_upload = _Start(
        UploadSessionType,
        input=StartUploadInput,
        by=lambda **sent: start_upload(**_without_nulls(sent)),
        description="Begin an upload, hold room for it, and get the request that sends it.",
    )
    presign_upload_parts = _Presign(
        UploadSessionType,
        input=PresignUploadPartsInput,
        by=lambda **sent: part_requests(**_without_nulls(sent)),
        description="Get requests that send parts of an upload.",
    )
    complete_upload = Update(
        UploadSessionType,
        input=CompleteUploadInput,
        by=complete_upload,
        description="Say that all has been sent. What came is looked at: then the upload is DONE"
        " and a file, REFUSED, or RECEIVING again with what is missing as its finding.",
    )
    abort_upload = Update(
        UploadSessionType,
        input=AbortUploadInput,
        by=abort_upload,
        description="End an upload; what came of it is forgotten, and its room is free.",
    )
