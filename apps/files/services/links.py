"""Share links: made, used, revoked, forgotten."""

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F

from apps.files.models import File, ShareLink
from apps.files.selectors.links import good_at, over_before, path_of
from contracts.envelope import Actor
from contracts.files import ShareLinkCreated, ShareLinkRevoked, ShareLinkUsed
from kernel import clock
from kernel.errors import InvalidInputError, LimitExceededError, NotFoundError
from kernel.events.actors import current_actor
from kernel.events.publishing import publish
from kernel.identity.keys import digest
from kernel.rows import change, check, locked
from kernel.tenancy.context import in_tenant

USUAL_TIME = timedelta(days=7)
LONGEST_TIME = timedelta(days=366)
MOST_DOWNLOADS = 1_000_000
PASSWORD_LETTERS = (8, 128)
#: Good ones of a file: no more than can be looked over.
MOST_GOOD = 100
#: How long what is known of one is shown after it was over.
SHOWN = timedelta(days=30)
FORGOTTEN_AT_ONCE = 500


@transaction.atomic
def create_share_link(
    *,
    file_id: str,
    password: str | None = None,
    expires_at: datetime | None = None,
    most_downloads: int | None = None,
    note: str = "",
) -> tuple[ShareLink, str]:
    """Let whoever has a link download a file; return it with the path of its page.

    Nobody can read the path again. Raises NotFoundError, InvalidInputError, LimitExceededError.
    """
    now = clock.now()
    expires_at = expires_at or now + USUAL_TIME
    _check_told(expires_at, now, most_downloads, password)
    # With a lock, so that those who share it at the same time are counted.
    file = locked(File, file_id)
    if file.trashed_at is not None:
        raise NotFoundError(f"no file {file_id}")
    if ShareLink.objects.filter(good_at(now), file=file).count() >= MOST_GOOD:
        raise LimitExceededError(f"at most {MOST_GOOD} links of a file are good at a time")
    secret, who = secrets.token_urlsafe(32), current_actor()
    link = ShareLink(
        file=file,
        token_sha256=digest(secret),
        password_hash="" if password is None else make_password(password),
        note=note,
        reader_scope=file.reader_scope,
        expires_at=expires_at,
        most_downloads=most_downloads,
        author_type=who.type,
        author_id=who.id,
        author_name=who.name,
        created_at=now,
    )
    check(link, only=("note",))
    link.save()
    publish(
        ShareLinkCreated(
            link_id=str(link.pk),
            file_id=str(file.pk),
            name=file.name,
            expires_at=expires_at,
            most_downloads=most_downloads or 0,
            protected=link.protected,
        )
    )
    return link, path_of(link, secret)


@transaction.atomic
def revoke_share_link(*, id: str) -> ShareLink:
    """Let a link give out nothing any more. Telling it twice changes nothing."""
    link = locked(ShareLink, id)
    if link.revoked_at is None:
        change(link, revoked_at=clock.now())
        publish(
            ShareLinkRevoked(link_id=str(link.pk), file_id=str(link.file_id), name=link.file.name)
        )
    return link


def opens(link: ShareLink, password: str) -> bool:
    """Say whether this is the password of a link; any is of one that asks for none."""
    if not link.protected:
        return True
    return len(password) <= PASSWORD_LETTERS[1] and check_password(password, link.password_hash)


@transaction.atomic
def count_download(link: ShareLink) -> None:
    """Count a download that is about to begin; raises NotFoundError when there is none left."""
    now = clock.now()
    # By columns of its own: with others it would be a subquery, which is not asked again when
    # another was quicker.
    links = ShareLink.objects.filter(good_at(now), pk=link.pk)
    if not links.update(downloads=F("downloads") + 1, used_at=now):
        raise NotFoundError("this link opens nothing any more")
    link.refresh_from_db(fields=["downloads"])
    publish(
        ShareLinkUsed(
            link_id=str(link.pk),
            file_id=str(link.file_id),
            name=link.file.name,
            version=link.file.version,
            downloads=link.downloads,
        ),
        actor=Actor(type="unauthenticated", id=str(link.pk), name="whoever has the link"),
    )


def forget_links() -> None:
    """Forget links that were over long ago; the record of them stays."""
    old = ShareLink.across_tenants.filter(over_before(clock.now() - SHOWN))
    for link in old.order_by("expires_at")[:FORGOTTEN_AT_ONCE]:
        with in_tenant(link.tenant_id):
            ShareLink.objects.filter(pk=link.pk).delete()


def _check_told(
    expires_at: datetime, now: datetime, most_downloads: int | None, password: str | None
) -> None:
    if not now < expires_at <= now + LONGEST_TIME:
        raise InvalidInputError(f"a link expires within {LONGEST_TIME.days} days from now")
    if most_downloads is not None and not 1 <= most_downloads <= MOST_DOWNLOADS:
        raise InvalidInputError(f"downloads are 1 to {MOST_DOWNLOADS}, found {most_downloads}")
    least, most = PASSWORD_LETTERS
    if password is not None and not least <= len(password) <= most:
        raise InvalidInputError(f"a password has {least} to {most} letters")
