"""A process of its own for test_push and bench_push, by its verb: see the end.

`change` is told on its input what to say (`flag on`, `setting 31`), and prints when each was
committed; `follow` prints what it sees, and when; `count` raises a value so often by
compare-and-swap, and prints how often others were faster.
"""

import json
import os
import sys
import time
from uuid import UUID

import django

django.setup()


from apps.config.domain.configuration.layering import Layer  # noqa: E402
from apps.config.models import ConfigurationValue, FeatureFlag  # noqa: E402
from apps.config.selectors.places import Place, place_at  # noqa: E402
from apps.config.services import snapshots as snapshots_module  # noqa: E402
from apps.config.services.configurations import create_configuration  # noqa: E402
from apps.config.services.environments import default  # noqa: E402
from apps.config.services.keys import create_environment_key  # noqa: E402
from apps.config.services.snapshots import snapshots  # noqa: E402
from apps.config.services.values import Saying, say  # noqa: E402
from kernel.dynamic import following  # noqa: E402
from kernel.dynamic.declaring import REGISTRY  # noqa: E402
from kernel.dynamic.following import values  # noqa: E402
from kernel.errors import ConflictError  # noqa: E402
from kernel.hints.following import followers  # noqa: E402
from kernel.tenancy.context import in_tenant  # noqa: E402
from kernel.testing.tenants import make_tenant  # noqa: E402
from tests.config.definitions import boolean, live, put  # noqa: E402

SETTING = "notifications.most_attachments"
#: How often the follower looks at its memory.
TURN_SECONDS = 0.002


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def prepare() -> None:
    tenant = make_tenant()
    with in_tenant(tenant.pk):
        live("pushed", boolean("off"))
        create_configuration(key="counter", type="integer")
        say(Place(tenant.pk, "production"), [Saying(key="counter", value="0")])
        _, key = create_environment_key(environment_id=str(default().pk), name="stream")
    tell(json.dumps({"tenant": str(tenant.pk), "key": key}))


def change(tenant: str) -> None:
    tell("ready")
    with in_tenant(UUID(tenant)):
        flag = FeatureFlag.objects.get(key="pushed")
        for line in sys.stdin:
            what, said = line.split()
            if what == "flag":
                put(flag, boolean(said))
            else:
                say(place_at(Layer.GLOBAL), [Saying(key=SETTING, value=said)])
            tell(time.time())


def count(tenant: str, times: int) -> None:
    tell("ready")
    sys.stdin.readline()
    place, conflicts = Place(UUID(tenant), "production"), 0
    with in_tenant(place.tenant_id):
        for _ in range(times):
            while True:
                row = ConfigurationValue.objects.get(key="counter")
                saying = Saying(key="counter", value=str(int(row.value) + 1), base=row.number)
                try:
                    say(place, [saying])
                    break
                except ConflictError:
                    conflicts += 1
        held = ConfigurationValue.objects.get(key="counter")
    tell(conflicts, held.value, held.number)


def follow(tenant: str) -> None:
    if os.environ.get("ONLY_HINTS"):
        # Then nothing is found by looking.
        following.LOOK_SECONDS = snapshots_module.CHECK_SECONDS = 3_600.0
    seen: dict[str, object] = {}
    with values.following(), followers.following():
        while True:
            flag = snapshots.get(UUID(tenant)).flags.evaluate("pushed")
            for what, now in (("flag", flag.variant), ("setting", REGISTRY[SETTING].value())):
                if seen.get(what) != now:
                    seen[what] = now
                    tell(what, now, time.time())
            time.sleep(TURN_SECONDS)


match sys.argv[1:]:
    case ["prepare"]:
        prepare()
    case ["change", tenant_id]:
        change(tenant_id)
    case ["count", tenant_id, times]:
        count(tenant_id, int(times))
    case ["follow", tenant_id]:
        follow(tenant_id)
