"""The values of dynamic settings from another process, which has the config app."""

from kernel.dynamic.following import Loaded
from kernel.identity.service_tokens import own_principal
from kernel.mesh.client import mesh
from kernel.running import this_instance
from kernel.tenancy.context import PLATFORM, acting_as

_QUESTION = """
query($after: Int!, $instance: String) {
  dynamicSettingValues(after: $after, instance: $instance) { revision values }
}
"""


class Remote:
    """Asks the config app, as this service itself."""

    def load(self, known: int) -> Loaded | None:
        """Return what it says; raises UnavailableError, or RemoteError."""
        with acting_as(own_principal(PLATFORM, "config:read")):
            told = mesh.query("config", _QUESTION, after=known, instance=this_instance())
        found = told["dynamicSettingValues"]
        return None if found is None else Loaded(found["revision"], found["values"])
