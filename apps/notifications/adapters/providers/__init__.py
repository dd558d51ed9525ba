"""Providers by their kinds; each is loaded when the first message goes by it."""

from collections.abc import Callable, Mapping
from importlib import import_module

from apps.notifications.adapters.channels.port import Channel

_CLASSES = {
    "mailgun": ("esp", "Mailgun"),
    "postmark": ("esp", "Postmark"),
    "twilio": ("twilio", "Twilio"),
    "vonage": ("vonage", "Vonage"),
    "web_push": ("web_push", "WebPush"),
    "fcm": ("fcm", "CloudMessaging"),
    "slack": ("slack", "Slack"),
    "teams": ("teams", "Teams"),
    "discord": ("discord", "Discord"),
    "telegram": ("telegram", "Telegram"),
    "apprise": ("apprise", "Apprise"),
}


def provider(kind: str, settings: Mapping[str, str], secret: Callable[[], str]) -> Channel:
    """Return what carries messages by an account of a kind."""
    module, name = _CLASSES[kind]
    found = import_module(f"apps.notifications.adapters.providers.{module}")
    made: Channel = getattr(found, name)(settings, secret)
    return made
