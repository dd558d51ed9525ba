"""The WSGI application of this process: Django, with a lane for programs beside it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django = get_wsgi_application()

# What Django's set-up has to come before.
from django.conf import settings  # noqa: E402

from kernel.serving.lane import Lane  # noqa: E402
from project.graph import composed_graphql, service_graphql  # noqa: E402
from project.urls import endpoints_for_programs  # noqa: E402

application = Lane(
    django,
    {
        "/graphql": ("graphql", composed_graphql().reply),
        **{
            f"/{name}/graphql": (f"{name}-graphql", service_graphql(name).reply)
            for name in settings.SERVICES
        },
        **endpoints_for_programs(),
    },
)
