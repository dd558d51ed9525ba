"""The dynamic settings of the platform itself: what is said in the global layer."""

from apps.config.models import ConfigurationRevision, ConfigurationValue
from apps.config.selectors.configurations import parsed
from apps.config.selectors.deployments import live_at, seen
from apps.config.selectors.places import Place
from kernel.dynamic.declaring import REGISTRY
from kernel.dynamic.following import Loaded
from kernel.running import this_instance
from kernel.tenancy.context import PLATFORM, in_tenant

_EVERYWHERE = Place(PLATFORM, "")


class Here:
    """The source of dynamic settings in a process that has the config app."""

    def load(self, known: int, instance: str = "") -> Loaded | None:
        """Return what is said of keys that are shared with nobody; see `kernel.dynamic`.

        Of a value that is being deployed it is what an instance has, this one if none is named.
        """
        instance = instance or this_instance()
        with in_tenant(PLATFORM):
            found = ConfigurationRevision.objects.filter(environment="").values_list("revision")
            revision = next((number for (number,) in found), 0)
            if revision == known:
                return None
            rows = ConfigurationValue.objects.filter(environment="", key__in=list(REGISTRY))
            said = rows.exclude(value="").values_list("key", "value")
            reached = {
                row.key: deploying.value
                for row in live_at(_EVERYWHERE, REGISTRY)
                if (deploying := seen(row)).reaches(_EVERYWHERE, instance)
            }
            return Loaded(revision, {key: parsed(text) for key, text in said} | reached)
