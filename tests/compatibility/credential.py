"""A credential for the suite, which sends none."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from kernel.testing.tenants import make_key, make_tenant

View = Callable[[HttpRequest], HttpResponse]


def lend(get_response: View) -> View:
    """Let every request act with a key made at the start (a middleware)."""
    secret = make_key(make_tenant("suite")).secret

    def answer(request: HttpRequest) -> HttpResponse:
        request.META["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
        return get_response(request)

    return answer
