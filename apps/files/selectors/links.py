"""Reads for share links: which one a token names, and whether it still gives out its file."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q
from django.urls import reverse

from apps.files.models import ShareLink
from kernel import clock
from kernel.errors import NotFoundError
from kernel.identity.keys import digest
from kernel.identity.models import TenantState
from kernel.identity.recent_tenants import recent_tenants
from kernel.tenancy.context import in_tenant

#: The id of the tenant and a secret, each in letters of a path.
_TOKEN = re.compile(r"([A-Za-z0-9_-]{22}):([A-Za-z0-9_-]{43})")


def good_at(moment: datetime) -> Q:
    """Return which links give out their file, by columns of their own alone."""
    left = Q(most_downloads=None) | Q(downloads__lt=F("most_downloads"))
    return left & Q(revoked_at=None, expires_at__gt=moment)


def over_before(moment: datetime) -> Q:
    """Return which links gave out nothing any more at a moment."""
    used_up = Q(downloads__gte=F("most_downloads"), used_at__lt=moment)
    return used_up | Q(expires_at__lt=moment) | Q(revoked_at__lt=moment)


def path_of(link: ShareLink, secret: str) -> str:
    """Return the path of a link's page."""
    tenant = urlsafe_b64encode(link.tenant_id.bytes).decode().rstrip("=")
    # With the colon before it the secret looks like a signature, which logs mask.
    return reverse("files-share", args=[f"{tenant}:{secret}"])


def link_of(token: str) -> ShareLink:
    """Return the good link of a token, with its file.

    Raises NotFoundError alike for what is no token, and for a link that is over, or whose file is
    in the trash, or whose tenant is not active.
    """
    found = _TOKEN.fullmatch(token)
    tenant = recent_tenants.by_id(UUID(bytes=urlsafe_b64decode(f"{found[1]}=="))) if found else None
    if found and tenant and tenant.state is TenantState.ACTIVE:
        with in_tenant(tenant.pk):
            links = ShareLink.objects.filter(good_at(clock.now()), file__trashed_at=None)
            link = links.select_related("file").filter(token_sha256=digest(found[2])).first()
        if link is not None:
            return link
    raise NotFoundError("this link opens nothing")
