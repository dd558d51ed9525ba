"""`manage.py serve`: the web server of this process, without a worker."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kernel.cache.hub import hub
from kernel.dynamic.following import values
from kernel.hints.following import followers
from kernel.keeping import written_down
from kernel.mesh.standing import registered
from kernel.serving.server import AddressInUseError, Tls, listen, serve
from project.operations import watched
from project.wsgi import application


class Command(BaseCommand):
    """Answer requests until told to stop."""

    help = "Serve this process's services at HOST:PORT until SIGINT or SIGTERM."

    def handle(self, **_options: Any) -> None:
        # Before anything else is begun, which would have more to say.
        refuse_a_taken_address()
        names = ", ".join(settings.SERVICES)
        serve_here(lambda url: self.stdout.write(f"{names} at {url}"))


def refuse_a_taken_address() -> None:
    """Raise CommandError when something else listens where we are told to."""
    try:
        listen(settings.HOST, settings.PORT).close()
    except AddressInUseError as error:
        raise CommandError(str(error)) from None


def _tls() -> Tls | None:
    if not settings.MESH_TLS:
        return None
    return Tls(
        certificate=settings.MESH_CERTIFICATE_FILE,
        key=settings.MESH_KEY_FILE,
        ca=settings.MESH_CA_FILE,
    )


def serve_here(on_listening: Any) -> None:
    """Serve as the settings say; raises CommandError when the address is taken."""
    try:
        with (
            written_down(),
            watched(),
            values.following(),
            followers.following(),
            hub.following(),
            registered() as registration,
        ):

            def listening(url: str) -> None:
                registration.begin(url)
                on_listening(url)

            serve(
                application,
                host=settings.HOST,
                port=settings.PORT,
                threads=settings.WEB_THREADS,
                stop_timeout=settings.STOP_TIMEOUT,
                on_listening=listening,
                most_body_bytes=max(settings.MAX_BODY_BYTES, settings.GRAPHQL_MAX_BODY_BYTES),
                drain_time=settings.DRAIN_TIME,
                on_draining=registration.news,
                tls=_tls(),
            )
    except AddressInUseError as error:
        raise CommandError(str(error)) from None
