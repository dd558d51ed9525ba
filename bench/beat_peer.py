"""django-celery-beat's DatabaseScheduler for bench_scheduler_beat: so many tasks, nothing sent."""

import json
import os
import sys
import time
from statistics import median
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings

COUNT = int(sys.argv[1])
_url = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    INSTALLED_APPS=["django_celery_beat"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": unquote(_url.hostname or ""),
            "PORT": _url.port or "",
            "USER": unquote(_url.username or ""),
            "PASSWORD": unquote(_url.password or ""),
            "NAME": _url.path[1:],
        }
    },
    USE_TZ=True,
)
django.setup()

from bench_scheduler_beat import EDITS, LOOKS, memory, timed_ms  # noqa: E402  once Django is set up
from celery import Celery  # noqa: E402  as above
from django.core.management import call_command  # noqa: E402  as above
from django.db import connection  # noqa: E402  as above
from django_celery_beat.models import CrontabSchedule, PeriodicTask  # noqa: E402  as above
from django_celery_beat.schedulers import DatabaseScheduler  # noqa: E402  as above

call_command("migrate", "django_celery_beat", verbosity=0)
with connection.cursor() as cursor:
    # Through the ORM each would tell of a change.
    cursor.execute("DELETE FROM django_celery_beat_periodictask")
times, _ = CrontabSchedule.objects.get_or_create(
    minute="0", hour="*", day_of_month="1", month_of_year="1", day_of_week="*"
)
PeriodicTask.objects.bulk_create(
    (PeriodicTask(name=str(n), task="nothing", crontab=times) for n in range(COUNT)),
    batch_size=1_000,
)

app = Celery("peer", broker="memory://")
app.conf.beat_max_loop_interval = 5
before = memory()


began = time.perf_counter()
scheduler = DatabaseScheduler(app=app, lazy=False)
scheduler.apply_async = lambda *_, **__: None
scheduler.tick()
started = (time.perf_counter() - began) * 1_000
grown = memory() - before
looks = median(timed_ms(scheduler.tick) for _ in range(LOOKS))
edits = []
for task in PeriodicTask.objects.order_by("id")[:EDITS]:
    task.args = "[1]"
    task.save()
    edits.append(timed_ms(scheduler.tick))
print(json.dumps({"start": started, "memory": grown, "look": looks, "edit": median(edits)}))
