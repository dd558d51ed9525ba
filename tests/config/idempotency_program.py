"""A process of its own for test_idempotency_processes: `prepare`, `create <moment>` or `count`."""

import json
import os
import signal
import sys

import django

django.setup()


from apps.config.models import FeatureFlag  # noqa: E402
from apps.config.services.flags import create_flag  # noqa: E402
from kernel.idempotency.models import KeyedRequest  # noqa: E402
from kernel.idempotency.services import once  # noqa: E402
from kernel.identity.models import Tenant  # noqa: E402
from kernel.tenancy.context import Principal, acting_as  # noqa: E402
from kernel.testing.tenants import make_key, make_tenant  # noqa: E402


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def create(moment: str) -> None:
    """Make a flag under a key, and be killed at a moment of it."""
    tenant = Tenant.objects.get(slug="tenant")
    who = Principal(kind="key", id="a", name="a", tenant_id=tenant.pk, scopes=frozenset())

    def work() -> str:
        flag = create_flag(key="a")
        if moment == "work":
            die()
        return str(flag.pk)

    with acting_as(who):
        done = once("k", "createFeatureFlag", {"key": "a"}, work)
    if moment == "answer":
        die()
    sys.stdout.write(json.dumps({"replayed": done.replayed, "id": done.result()}))


def main(verb: str, *arguments: str) -> None:
    if verb == "prepare":
        sys.stdout.write(make_key(make_tenant("tenant")).secret)
    elif verb == "create":
        create(*arguments)
    elif verb == "count":
        flags = FeatureFlag.across_tenants.count(), KeyedRequest.across_tenants.count()
        sys.stdout.write(json.dumps(flags))


main(*sys.argv[1:])
