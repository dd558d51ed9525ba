"""One row for each filter that somebody keeps."""

from django.conf import settings
from django.db import models
from django.http import QueryDict

from kernel import clock
from kernel.ids import new_id


class SavedFilter(models.Model):
    """How somebody narrows and sorts a list, under a name. It shows nothing that its list does not.

    It is of no tenant: staff look at the rows of all of them.
    """

    NAME_LENGTH = 60
    QUERY_LENGTH = 2_000

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    #: Whose list it is of, as Django labels models: `files.file`.
    model = models.CharField(max_length=150)
    name = models.CharField(max_length=NAME_LENGTH)
    #: As in the address of the list, in one order, without the page.
    query = models.CharField(max_length=QUERY_LENGTH)
    #: Whoever may see the list may use it.
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        # What is asked is who may see the list.
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=("model", "owner", "name"), name="one_filter_a_name")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def told(self) -> str:
        """Return what it narrows to, for people to read."""
        parts = QueryDict(self.query).lists()
        return ", ".join(f"{name} = {' or '.join(map(str, values))}" for name, values in parts)
