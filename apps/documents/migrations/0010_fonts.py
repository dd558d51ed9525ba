"""Fonts that a tenant has brought: of a theme, and of versions that were published with it."""

import django.db.models.deletion
from django.db import migrations, models

SAID = (
    "template_id",
    "number",
    "body",
    "schema",
    "sample",
    "assets",
    "uploaded_id",
    "fonts_id",
    "resolved",
    "published_at",
)
TABLE = "documents_templateversion"
SQLITE = """
CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table}
WHEN OLD.state <> 'draft' AND (NEW.state = 'draft' OR {changed}) BEGIN
    SELECT RAISE(ABORT, 'a published version never changes');
END;
"""
POSTGRESQL = """
CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} FOR EACH ROW
    WHEN (OLD.state <> 'draft' AND (NEW.state = 'draft' OR {changed}))
    EXECUTE FUNCTION {table}_stays();
"""


def keep_published(apps, editor):
    sqlite = editor.connection.vendor == "sqlite"
    where = "" if sqlite else f" ON {TABLE}"
    editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_stays{where}")
    other = "IS NOT" if sqlite else "IS DISTINCT FROM"
    changed = " OR ".join(f"NEW.{column} {other} OLD.{column}" for column in SAID)
    editor.execute((SQLITE if sqlite else POSTGRESQL).format(table=TABLE, changed=changed))


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0009_passwords"),
    ]

    operations = [
        migrations.AddField(
            model_name="templateupload",
            name="faces",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="templateupload",
            name="family",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="theme",
            name="fonts",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="themes",
                to="documents.templateupload",
            ),
        ),
        migrations.AddField(
            model_name="templateversion",
            name="fonts",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="typeset",
                to="documents.templateupload",
            ),
        ),
        migrations.RunPython(keep_published),
    ]
