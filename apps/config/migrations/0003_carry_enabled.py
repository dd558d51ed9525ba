"""What was on or off becomes a boolean flag that is so in production."""

import json

from django.db import migrations

BATCH = 500


def carry(apps, editor):
    alias = editor.connection.alias
    model = {
        name: apps.get_model("config", name)
        for name in ("Environment", "FeatureFlag", "FlagVersion", "FlagState")
    }
    rows = {name: found._base_manager.using(alias) for name, found in model.items()}
    environments = {}
    found = list(rows["FeatureFlag"].order_by("pk")[:BATCH])
    while found:
        versions, states = [], []
        for flag in found:
            there = environments.get(flag.tenant_id)
            if there is None:
                there = environments[flag.tenant_id] = rows["Environment"].create(
                    tenant_id=flag.tenant_id, key="production", name="Production", revision=1
                )
            version = model["FlagVersion"](
                tenant_id=flag.tenant_id,
                flag_id=flag.pk,
                environment_id=there.pk,
                number=1,
                definition=json.dumps(_definition(flag.enabled)),
                revision=1,
                origin="import",
                reason="it was on or off before there were environments",
                author_type="system",
                author_id="septet",
            )
            versions.append(version)
            states.append(
                model["FlagState"](
                    tenant_id=flag.tenant_id,
                    flag=flag,
                    environment=there,
                    version=version,
                    number=1,
                )
            )
        rows["FlagVersion"].bulk_create(versions)
        rows["FlagState"].bulk_create(states)
        rows["FeatureFlag"].filter(pk__in=[flag.pk for flag in found]).update(type="boolean")
        found = list(rows["FeatureFlag"].order_by("pk").filter(pk__gt=found[-1].pk)[:BATCH])


def _definition(enabled):
    return {
        "state": "ENABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": "on" if enabled else "off",
    }


class Migration(migrations.Migration):
    dependencies = [("config", "0002_life")]
    operations = [migrations.RunPython(carry)]
