"""The long tail: services as the plugins of Apprise speak to them, by the platform's way out.

A plugin calls by the library `requests`, which knows nothing of our networks and limits. So what it
takes for that library is ours: it can post, to the one host of its service, and nothing else.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.adapters.providers.calling import Answer, judge, post
from apps.notifications.errors import DeliveryRefusedError


@dataclass(frozen=True, slots=True)
class Service:
    """A plugin, and the one place that it calls."""

    module: str
    plugin: str
    origin: str


#: By the scheme of their addresses; each is held to the answers of its documentation.
SERVICES = {
    "pover": Service("pushover", "NotifyPushover", "https://api.pushover.net"),
    "pbul": Service("pushbullet", "NotifyPushBullet", "https://api.pushbullet.com"),
    "pagerduty": Service("pagerduty", "NotifyPagerDuty", "https://events.pagerduty.com"),
    "line": Service("line", "NotifyLine", "https://api.line.me"),
}
MOST_CHARACTERS = 10_000
_calling: ContextVar[Service] = ContextVar("calling")


class Apprise:
    """An address names its service by its scheme, and holds what lets in there."""

    def __init__(self, _settings: Mapping[str, str], _secret: Callable[[], str]) -> None:
        """Have neither."""

    def send(self, message: OutMessage) -> str:
        """Let the plugin post it; services tell no id that all have."""
        service = SERVICES[message.address.partition("://")[0]]
        kind = _plugin(service.module, service.plugin)
        try:
            made = kind(**(kind.parse_url(message.address) or {}), asset=_asset())
        except TypeError as error:
            raise DeliveryRefusedError(f"{service.module}: {error}"[:400]) from None
        # Else it sleeps between two messages: how many go is for `perMinute` to say.
        made.request_rate_per_sec = 0
        token = _calling.set(service)
        try:
            most = min(kind.body_maxlen, MOST_CHARACTERS)
            taken = made.send(body=message.text[:most], title=message.subject[: kind.title_maxlen])
        finally:
            _calling.reset(token)
        if not taken:
            raise DeliveryRefusedError(f"{service.module} makes no message of it")
        return ""


class _Way:
    """What a plugin takes for the library `requests`."""

    def __init__(self, library: Any) -> None:
        self._request = library.Request
        self.codes, self.RequestException = library.codes, library.RequestException

    def post(self, url: str, **told: Any) -> "_Answered":
        """Post to the service; what its answer means is raised, and not left to the plugin."""
        service = _calling.get()
        if not url.startswith(f"{service.origin}/"):
            raise DeliveryRefusedError(f"{service.module} calls another host than its own")
        parts = {name: told.get(name) for name in ("data", "json", "headers", "params", "auth")}
        made = self._request("POST", url, **parts).prepare()
        body = made.body.encode() if isinstance(made.body, str) else made.body
        # How long it is, is for who sends it to say.
        headers = {name: text for name, text in made.headers.items() if name != "Content-Length"}
        answer = post("apprise", str(made.url), body=body, headers=headers)
        judge(service.module, answer, answer.body.decode(errors="replace")[:200], gone=True)
        return _Answered(answer)


class _Answered:
    """An answer as plugins read it."""

    def __init__(self, answer: Answer) -> None:
        self.status_code, self.headers = answer.status, answer.headers
        self.content, self.text = answer.body, answer.body.decode(errors="replace")


@cache
def _plugin(name: str, plugin: str) -> Any:
    module: Any = import_module(f"apprise.plugins.{name}")
    module.requests = _Way(module.requests)
    return getattr(module, plugin)


@cache
def _asset() -> Any:
    from apprise import AppriseAsset  # noqa: PLC0415

    # No picture of Apprise's own, which those who look at a message would load.
    return AppriseAsset(app_id="Septet", app_desc="Septet", image_url_mask="", image_url_logo="")
