"""Passwords of PDFs that documents are made of."""

import kernel.secrets.fields
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0008_imports"),
    ]

    operations = [
        migrations.AddField(
            model_name="document",
            name="passwords",
            field=kernel.secrets.fields.EncryptedTextField(
                editable=False, null=True, verbose_name="passwords of the files"
            ),
        ),
    ]
