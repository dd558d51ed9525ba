"""The config app."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Dynamic configuration and feature flags that change without a release."""

    name = "apps.config"
    label = "config"
    verbose_name = "Config"

    def ready(self) -> None:
        from apps.config import chores, datasets, tasks  # noqa: F401  registers them
        from apps.config.selectors.keys import ended
        from apps.config.selectors.settings import Here
        from apps.config.services.counting import Here as FlagsHere
        from apps.config.services.snapshots import snapshots
        from apps.config.services.telling import LOOK_SECONDS, look, tell
        from apps.config.services.usage import follow
        from apps.config.services.watching import HINT as VALUES
        from apps.config.services.watching import watch
        from apps.config.views.ofrep import SINGLE, quick
        from kernel.dynamic.flagging import TOPIC, flags
        from kernel.dynamic.following import values
        from kernel.hints.following import followers
        from kernel.serving.quick import Quick
        from kernel.serving.router import mount
        from kernel.streams import EventStreams

        values.come_from(Here())
        follow()
        streams = EventStreams("config-values", look=watch, ended=ended)
        for path in ("values", "changes"):
            mount(f"/config/api/{path}/", streams)
        followers.add(VALUES, watch.look)
        snapshots.on_change(tell)
        followers.add(TOPIC, snapshots.look)
        flags.come_from(FlagsHere())
        events = EventStreams("flags", look=look, ended=ended, every_seconds=LOOK_SECONDS)
        mount("/config/api/flags/events", events)
        mount(SINGLE, Quick("ofrep-single", quick))
