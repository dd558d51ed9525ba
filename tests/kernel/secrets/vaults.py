"""A model with secrets for the tests, outside the registry that migrations and checks look at."""

from typing import ClassVar

from django.db import models
from django.test.utils import isolate_apps

from kernel.ids import new_id
from kernel.secrets.fields import EncryptedTextField

with isolate_apps("kernel"):

    class Vault(models.Model):
        """A row with two secrets."""

        id = models.UUIDField(primary_key=True, default=new_id)
        name = models.CharField(max_length=50, blank=True)
        token = EncryptedTextField(null=True)
        password = EncryptedTextField(null=True)

        objects: ClassVar[models.Manager["Vault"]] = models.Manager()

        class Meta:
            app_label = "kernel"

        def __str__(self) -> str:
            return self.name

    class Numbered(models.Model):
        """A row that has its key from the database."""

        token = EncryptedTextField()

        class Meta:
            app_label = "kernel"

        def __str__(self) -> str:
            return str(self.pk)
