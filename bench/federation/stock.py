"""The audit subgraph by stock graphene-django and graphene-federation: `stock.py` serves it.

A site as `startproject` makes it, with the platform's server and pool of connections, so that
only the GraphQL differs. It authenticates nobody: one tenant is wired into every statement.
"""

import os
import uuid
from datetime import timedelta
from typing import Any

import django
import psycopg
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

TENANT_ID = os.environ["TENANT_ID"]
_database = psycopg.conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])

settings.configure(
    ALLOWED_HOSTS=["localhost"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _database["dbname"],
            "USER": _database.get("user", ""),
            "PASSWORD": _database.get("password", ""),
            "HOST": _database.get("host", ""),
            "PORT": _database.get("port", ""),
            "OPTIONS": {"pool": {"min_size": 1, "max_size": 12, "timeout": 5}},
        }
    },
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "graphene_django",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    ROOT_URLCONF=__name__,
    SECRET_KEY="bench",
    USE_TZ=True,
)
django.setup()

# All of these need the settings above.
import graphene  # noqa: E402
from django.db import models  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from graphene_django import DjangoObjectType  # noqa: E402
from graphene_django.views import GraphQLView  # noqa: E402
from graphene_federation import build_schema, key  # noqa: E402

from kernel.serving.server import serve  # noqa: E402


class AuditLog(models.Model):
    """The platform's table."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant_id = models.UUIDField(default=TENANT_ID)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    action = models.CharField(max_length=200)
    actor_type = models.CharField(max_length=100)
    actor_id = models.CharField(max_length=500)
    actor_name = models.CharField(max_length=500, blank=True)
    targets = models.JSONField(default=list)
    context = models.JSONField(default=dict)
    changes = models.JSONField(default=list)
    metadata = models.JSONField(default=dict)
    record = models.BinaryField(default=b"")
    words = models.TextField()

    class Meta:
        app_label = "stock"
        db_table = "audit_auditlog"
        managed = False


class AuditActor(graphene.ObjectType):
    type = graphene.String(required=True)
    id = graphene.String(required=True)
    name = graphene.String(required=True)


@key("id")
class AuditLogType(DjangoObjectType):
    class Meta:
        model = AuditLog
        name = "AuditLog"
        fields = ("id", "occurred_at", "recorded_at", "action")

    actor = graphene.Field(AuditActor, required=True)

    @staticmethod
    def resolve_actor(log: AuditLog, _info: Any) -> dict[str, str]:
        return {"type": log.actor_type, "id": log.actor_id, "name": log.actor_name}

    def _resolve_reference(self, _info: Any) -> AuditLog:
        return AuditLog.objects.get(tenant_id=TENANT_ID, pk=self.id)


class PageInfo(graphene.ObjectType):
    has_next_page = graphene.Boolean(required=True)


class AuditLogConnection(graphene.ObjectType):
    nodes = graphene.List(graphene.NonNull(AuditLogType), required=True)
    page_info = graphene.Field(PageInfo, required=True)


class AuditLogFilter(graphene.InputObjectType):
    actions = graphene.List(graphene.NonNull(graphene.String))


class Query(graphene.ObjectType):
    audit_log = graphene.Field(AuditLogType, id=graphene.ID(required=True))
    audit_logs = graphene.Field(
        AuditLogConnection,
        required=True,
        filter=AuditLogFilter(),
        first=graphene.Int(default_value=50),
        offset=graphene.Int(default_value=0),
    )

    @staticmethod
    def resolve_audit_log(_root: Any, _info: Any, id: str) -> AuditLog:  # noqa: A002
        return AuditLog.objects.get(tenant_id=TENANT_ID, pk=id)

    @staticmethod
    def resolve_audit_logs(
        _root: Any,
        _info: Any,
        first: int,
        offset: int,
        filter: Any = None,  # noqa: A002
    ) -> dict[str, Any]:
        logs = AuditLog.objects.filter(tenant_id=TENANT_ID).order_by("-occurred_at", "-id")
        if filter and filter.actions:
            logs = logs.filter(action__in=filter.actions)
        rows = list(logs[offset : offset + first + 1])
        return {"nodes": rows[:first], "page_info": {"has_next_page": len(rows) > first}}


class AuditActorInput(graphene.InputObjectType):
    type = graphene.String(required=True)
    id = graphene.String(required=True)
    name = graphene.String()


class CreateAuditLogInput(graphene.InputObjectType):
    action = graphene.String(required=True)
    occurred_at = graphene.DateTime(required=True)
    actor = AuditActorInput(required=True)


class CreateAuditLog(graphene.Mutation):
    class Arguments:
        input = CreateAuditLogInput(required=True)

    audit_log = graphene.Field(AuditLogType)

    @staticmethod
    def mutate(_root: Any, _info: Any, input: Any) -> "CreateAuditLog":  # noqa: A002
        log = AuditLog.objects.create(
            occurred_at=input.occurred_at,
            action=input.action,
            actor_type=input.actor.type,
            actor_id=input.actor.id,
            actor_name=input.actor.name or "",
            words=input.action,
        )
        return CreateAuditLog(audit_log=log)


class Mutation(graphene.ObjectType):
    create_audit_log = CreateAuditLog.Field(required=True)


schema = build_schema(query=Query, mutation=Mutation, types=[AuditLogType])
urlpatterns = [path("graphql", csrf_exempt(GraphQLView.as_view(schema=schema)))]

if __name__ == "__main__":
    serve(
        WSGIHandler(),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        threads=8,
        stop_timeout=timedelta(seconds=1),
        on_listening=lambda _url: None,
    )
