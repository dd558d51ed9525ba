"""Passwords of documents, and documents that are made of files."""

import kernel.secrets.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0005_uploads'),
    ]

    operations = [
        migrations.AddField(
            model_name='document',
            name='operation',
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name='document',
            name='protection',
            field=kernel.secrets.fields.EncryptedTextField(editable=False, null=True, verbose_name='password'),
        ),
        migrations.AddField(
            model_name='documentbatch',
            name='protection',
            field=kernel.secrets.fields.EncryptedTextField(editable=False, null=True, verbose_name='password'),
        ),
    ]
