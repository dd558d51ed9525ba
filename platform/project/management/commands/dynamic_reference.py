"""`manage.py dynamic_reference`: the page of all dynamic settings, made of their declarations."""

import json
from typing import Any

from kernel.dynamic.declaring import REGISTRY, Setting
from project.reference import ReferenceCommand, table

INTRODUCTION = """\
What operators change while processes run, in the layer `GLOBAL` of the config app: by GraphQL
(`setConfigurationValues`), and with them nobody has to start anything anew. A process reads its
values from memory, and keeps the last good ones while config is away
([how](../configuration.md#dynamic-settings-of-the-platform)). This page is made by
`manage.py dynamic_reference`.
"""
HEAD = ("setting", "form", "default", "meaning")


class Command(ReferenceCommand):
    """Write the page, or with --check tell that it is out of date."""

    help = "Write docs/reference/dynamic.md from what apps declare; --check only compares."
    name = "dynamic"

    def text(self) -> str:
        rows = [_row(setting) for _, setting in sorted(REGISTRY.items())]
        return f"# Dynamic settings\n\n{INTRODUCTION}\n{table(HEAD, rows)}"


def _row(setting: Setting[Any]) -> tuple[str, str, str, str]:
    bounds = [setting.schema[name] for name in ("minimum", "maximum") if name in setting.schema]
    form = setting.kind + (f", {bounds[0]:,} to {bounds[1]:,}" if bounds else "")
    return (f"`{setting.key}`", form, f"`{json.dumps(setting.told_default)}`", setting.description)
