"""A tiny Django site: two GraphQL queries, an upload, listeners, and a wait."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from functools import lru_cache
from pathlib import Path

import django
import graphene
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from graphql import DocumentNode, execute, parse

DATA = Path(os.environ["BENCH_DATA"])

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA / "shop.sqlite3",
            # As on the platform: a thread keeps its connection.
            "CONN_MAX_AGE": None,
        }
    },
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="bench",
    USE_TZ=True,
)
django.setup()

# Both need the settings above.
from django.db import connection, models  # noqa: E402
from graphene_django import DjangoObjectType  # noqa: E402


class File(models.Model):
    """What the query reads."""

    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size_bytes = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "shop"


class FileType(DjangoObjectType):
    """The entity."""

    class Meta:
        model = File
        fields = ("id", "name", "media_type", "size_bytes", "created_at")


class Query(graphene.ObjectType):
    """One row, or a page of them."""

    file = graphene.Field(FileType, id=graphene.ID(required=True))
    files = graphene.List(FileType)

    @staticmethod
    def resolve_file(_root: None, _info: graphene.ResolveInfo, id: str) -> File:  # noqa: A002
        return File.objects.get(pk=id)

    @staticmethod
    def resolve_files(_root: None, _info: graphene.ResolveInfo) -> models.QuerySet[File]:
        return File.objects.order_by("id")[:30]


schema = graphene.Schema(query=Query).graphql_schema


@lru_cache
def document(text: str) -> DocumentNode:
    """Return the parsed document; the bench sends valid ones only."""
    return parse(text)


def graphql(request: HttpRequest) -> JsonResponse:
    """Run a query whose document is parsed already, as the platform's own view does."""
    body = json.loads(request.body)
    result = execute(schema, document(body["query"]), variable_values=body["variables"])
    return JsonResponse({"data": result.data})


def waiting(_request: HttpRequest) -> HttpResponse:
    """Wait as for a database or a network elsewhere, and leave the processor to others."""
    time.sleep(0.01)
    return HttpResponse("done")


def upload(request: HttpRequest) -> HttpResponse:
    """Write what arrives to disk, as it arrives."""
    with (DATA / "upload").open("wb", buffering=0) as file:
        while chunk := request.read(65_536):
            file.write(chunk)
    return HttpResponse(status=204)


def events(_request: HttpRequest) -> StreamingHttpResponse:
    """Hold a thread for each listener: the only way there is on WSGI."""

    def beats() -> Iterator[bytes]:
        while True:
            yield b": beat\n\n"
            time.sleep(5)

    return StreamingHttpResponse(beats(), content_type="text/event-stream")


async def async_events(_request: HttpRequest) -> StreamingHttpResponse:
    """Hold no thread: for Django's own ASGI handler."""

    async def beats() -> AsyncIterator[bytes]:
        while True:
            yield b": beat\n\n"
            await asyncio.sleep(5)

    return StreamingHttpResponse(beats(), content_type="text/event-stream")


urlpatterns = [
    path("graphql", graphql),
    path("waiting", waiting),
    path("upload", upload),
    path("events", events),
    path("async/events", async_events),
]


def fill() -> None:
    """Make the table and its rows."""
    with connection.schema_editor() as editor:
        editor.create_model(File)
    File.objects.bulk_create(
        File(name=f"report-{n}.pdf", media_type="application/pdf", size_bytes=n)
        for n in range(1000)
    )


if __name__ == "__main__":
    fill()
