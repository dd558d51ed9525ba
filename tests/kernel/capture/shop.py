"""Captured models for the tests, outside the registry that migrations and checks look at."""

from typing import Any, ClassVar

from django.db import models
from django.test.utils import isolate_apps

from kernel.capture.models import CapturedModel, CapturedTenantModel
from kernel.capture.values import Capture
from kernel.ids import new_id
from kernel.secrets.fields import EncryptedTextField

with isolate_apps("kernel"):

    class Shelf(models.Model):
        """Says nothing of itself; orders go with it."""

        class Meta:
            app_label = "kernel"

        def __str__(self) -> str:
            return str(self.pk)

    class Customer(CapturedModel):
        """A captured row with a key from the database and no tenant."""

        name = models.CharField(max_length=50, unique=True)
        visits = models.IntegerField(default=0)

        class Meta:
            app_label = "kernel"

        def __str__(self) -> str:
            return self.name

    class Order(CapturedTenantModel):
        """A captured row of a tenant."""

        capture: ClassVar[Capture] = Capture(
            excluded={"touched_at"}, masked={"card"}, label="number"
        )

        number = models.CharField(max_length=50, unique=True)
        total = models.IntegerField(default=0)
        card = models.CharField(max_length=50, blank=True)
        note = models.TextField(null=True)  # noqa: DJ001  null is told otherwise than nothing
        extra = models.JSONField(default=dict)
        token = EncryptedTextField(null=True)
        touched_at = models.DateTimeField(auto_now=True)
        shelf = models.ForeignKey(Shelf, null=True, on_delete=models.CASCADE)
        customer = models.ForeignKey(Customer, null=True, on_delete=models.SET_NULL)

        class Meta:
            app_label = "kernel"

        def __str__(self) -> str:
            return self.number

    class Blind(CapturedModel):
        """Has a manager that tells nothing."""

        id = models.UUIDField(primary_key=True, default=new_id)
        quick: ClassVar[models.Manager[Any]] = models.Manager()

        class Meta:
            app_label = "kernel"

        def __str__(self) -> str:
            return str(self.pk)
