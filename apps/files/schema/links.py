"""Share links through the graph: made, looked over, revoked."""

from typing import Any

import graphene
from django.db.models import QuerySet

from apps.files.models import ShareLink
from apps.files.services.links import create_share_link, revoke_share_link
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, ChangeInput, Create, Update
from kernel.ids import parse_id


@key("id")
class ShareLinkType(Entity):
    """Who has it downloads a file, its current version, without an account."""

    class Meta:
        model = ShareLink
        name = "ShareLink"
        fields = (
            "id",
            "note",
            "expires_at",
            "most_downloads",
            "downloads",
            "used_at",
            "revoked_at",
            "author_type",
            "author_id",
            "author_name",
            "created_at",
        )

    file_id = graphene.ID(required=True)
    protected = graphene.Boolean(required=True, description="Whether a password is asked.")


class ShareLinkFilter(graphene.InputObjectType):
    """Which links; every part that is given has to fit."""

    file_ids = graphene.List(graphene.NonNull(graphene.ID), description="At most 100.")
    revoked = graphene.Boolean()


class ShareLinkOrder(graphene.Enum):
    """In which order links are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class CreateShareLinkInput(ChangeInput):
    """Which file, for how long, and for whom."""

    file_id = graphene.ID(required=True)
    password = graphene.String(description="Of 8 to 128 letters; none is asked if not said.")
    expires_at = graphene.DateTime(description="In 7 days if not said, in 366 at most.")
    most_downloads = graphene.Int(description="1 to 1,000,000; any number if not said.")
    note = graphene.String(description="For the tenant's own people; the page does not show it.")


class RevokeShareLinkInput(ById):
    """The link that is to give out nothing any more."""


class _Create(Create):
    """Makes one, and shows where it is once."""

    def results(self) -> dict[str, Any]:
        return {
            **super().results(),
            "url": graphene.String(
                description="A path of this platform: the page of the link. Nobody can read it"
                " again, nor by an idempotency key."
            ),
        }

    def done(self, made: Any) -> dict[str, Any]:
        link, url = made
        return {self.member: link, "url": url}

    def kept(self, answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"url": None}


def _narrowed(links: QuerySet[ShareLink], wanted: dict[str, Any]) -> QuerySet[ShareLink]:
    if "file_ids" in wanted:
        links = links.filter(file_id__in=[parse_id(one) for one in wanted["file_ids"]])
    if "revoked" in wanted:
        links = links.filter(revoked_at__isnull=not wanted["revoked"])
    return links


def _told(sent: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sent.items() if value is not None}


class Links:
    """Reads of share links."""

    share_link = One(ShareLinkType)
    share_links = Many(ShareLinkType, filter=ShareLinkFilter, where=_narrowed, order=ShareLinkOrder)


class LinkChanges:
    """Changes of share links."""

    create_share_link = _Create(
        ShareLinkType,
        input=CreateShareLinkInput,
        by=lambda **sent: create_share_link(**_told(sent)),
        description="Let whoever has a link download a file without an account. It takes"
        " files:share.",
    )
    revoke_share_link = Update(
        ShareLinkType,
        input=RevokeShareLinkInput,
        by=revoke_share_link,
        description="Let a link give out nothing any more. It takes files:share.",
    )
