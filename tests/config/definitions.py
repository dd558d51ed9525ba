"""Flags as tests publish them."""

import json
from typing import Any

from apps.config.models import FeatureFlag, Origin
from apps.config.services.changes import Change
from apps.config.services.flags import create_flag
from apps.config.services.publishing import Published, publish


def boolean(default: str = "off", **more: Any) -> str:
    """Return a flag that is on or off."""
    variants = {"on": True, "off": False}
    return json.dumps({"state": "ENABLED", "variants": variants, "defaultVariant": default, **more})


def put(
    flag: FeatureFlag, definition: str | None, *, base: int | None = None, **more: Any
) -> Published:
    """Publish one flag in an environment, the default one if none is named."""
    environment = more.pop("environment", None)
    return publish(environment, [Change(target=flag, definition=definition, base=base)], **more)


def live(key: str, definition: str | None = None, **more: Any) -> FeatureFlag:
    """Make a flag that is published already."""
    flag = create_flag(key=key)
    put(flag, definition or boolean(), origin=Origin.EDIT, **more)
    return flag
