"""Why a credential was refused: told to staff in words, and to outsiders not at all."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from kernel.errors import ForbiddenError, UnauthenticatedError

#: What every outsider is told, whatever was wrong.
UNIFORM = "the credential is not good here; staff find the reason under this request's id"


class Reason(StrEnum):
    """What was wrong, exactly."""

    NONE = "none"
    MALFORMED = "malformed"
    DAMAGED = "damaged"
    OTHER_ENVIRONMENT = "other_environment"
    UNKNOWN_KEY = "unknown_key"
    EXPIRED = "expired"
    REVOKED = "revoked"
    OWNER_DISABLED = "owner_disabled"
    TENANT_SUSPENDED = "tenant_suspended"
    TENANT_UNKNOWN = "tenant_unknown"
    TENANT_NOT_ALLOWED = "tenant_not_allowed"
    ISSUER_UNKNOWN = "issuer_unknown"
    ALGORITHM = "algorithm"
    SIGNING_KEY_UNKNOWN = "signing_key_unknown"
    SIGNING_KEYS_MISSING = "signing_keys_missing"
    SIGNATURE = "signature"
    AUDIENCE = "audience"
    NOT_YET_VALID = "not_yet_valid"
    CLAIMS = "claims"
    OTHER_REQUEST = "other_request"
    USED_BEFORE = "used_before"
    CROSS_SITE = "cross_site"
    NO_MEMBERSHIP = "no_membership"
    SCOPE = "scope"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reason in words, and what can be done."""

    what: str
    advice: str


EXPLANATIONS = {
    Reason.NONE: Explanation(
        "The request carried no credential.",
        "Send `Authorization: Bearer <key or token>`, or sign in. A proxy on the way may have"
        " removed the header.",
    ),
    Reason.MALFORMED: Explanation(
        "The Authorization header holds nothing that is a key or token of ours.",
        "Send `Authorization: Bearer <key or token>` with one space and nothing before or after;"
        " a key may have been cut when it was copied.",
    ),
    Reason.DAMAGED: Explanation(
        "The key's checksum does not match: characters were changed or lost.",
        "Copy the key again from where it is kept. If it is lost, rotate it.",
    ),
    Reason.OTHER_ENVIRONMENT: Explanation(
        "The key is of another environment: a test key opens nothing live, and the reverse.",
        "Use a key of this installation; KEY_ENVIRONMENT says which environment it is.",
    ),
    Reason.UNKNOWN_KEY: Explanation(
        "There is no key with this id and secret.",
        "Check that the key is of this installation, and the newest after a rotation; or issue a"
        " new one.",
    ),
    Reason.EXPIRED: Explanation(
        "The key or token is past its expiry.",
        "Rotate the key, or let the client fetch a new token. Check the clock of the client.",
    ),
    Reason.REVOKED: Explanation(
        "The key was revoked.",
        "A revoked key stays closed: issue a new one if its owner should still get in.",
    ),
    Reason.OWNER_DISABLED: Explanation(
        "The member or service account that the key belongs to is disabled.",
        "Enable the owner again, or issue a key to another.",
    ),
    Reason.TENANT_SUSPENDED: Explanation(
        "The tenant of the credential is suspended or being deleted.",
        "Lift the suspension on the tenant's page if it should work again.",
    ),
    Reason.TENANT_UNKNOWN: Explanation(
        "The token names no tenant that there is here.",
        "Compare the token's tenant claim with `tenant_claim` and `tenant_by` of its issuer in"
        " JWT_ISSUERS.",
    ),
    Reason.TENANT_NOT_ALLOWED: Explanation(
        "The issuer may not speak for the tenant that the token names.",
        "Add the tenant to `tenants` of the issuer in JWT_ISSUERS, if it should.",
    ),
    Reason.ISSUER_UNKNOWN: Explanation(
        "Nobody here trusts the issuer of the token.",
        "Compare the token's `iss`, letter by letter, with JWT_ISSUERS; for a service's token,"
        " with SERVICE_URLS.",
    ),
    Reason.ALGORITHM: Explanation(
        "The token is signed by an algorithm that its issuer's entry or key does not allow.",
        "Add the algorithm to `algorithms` of the issuer in JWT_ISSUERS, if it is meant. `none`"
        " and shared secrets are never accepted.",
    ),
    Reason.SIGNING_KEY_UNKNOWN: Explanation(
        "The issuer publishes no key with the token's `kid`.",
        "Keys are fetched anew at most once a minute, so try again then; after that, compare"
        " `kid` with what the issuer publishes.",
    ),
    Reason.SIGNING_KEYS_MISSING: Explanation(
        "The issuer's keys could never be fetched.",
        "Open the issuer's `jwks_url` from this machine; the log says why it failed.",
    ),
    Reason.SIGNATURE: Explanation(
        "The token's signature is not of the key that it names.",
        "The token was changed, or signed by somebody else. If it happens often, treat it as"
        " an attack.",
    ),
    Reason.AUDIENCE: Explanation(
        "The token is meant for somebody else.",
        "Compare the token's `aud` with `audience` of its issuer in JWT_ISSUERS; a service's"
        " token is good at the service it names only.",
    ),
    Reason.NOT_YET_VALID: Explanation(
        "The token begins to be valid later than now.",
        "Compare the clocks of this machine and of the issuer: 30 s of difference are allowed.",
    ),
    Reason.CLAIMS: Explanation(
        "The token lacks a claim, or one is of another kind than it has to be.",
        "The detail names it; let the issuer add it.",
    ),
    Reason.OTHER_REQUEST: Explanation(
        "The service's token was made for another body, method or path.",
        "Something between the services changes requests, or somebody tries a token again.",
    ),
    Reason.USED_BEFORE: Explanation(
        "The service's token was used already.",
        "Each token is good for one request. Something repeats requests between the services.",
    ),
    Reason.CROSS_SITE: Explanation(
        "A signed-in request came without the CSRF token of our own page.",
        "Send the X-CSRFToken header, and name the page's origin in TRUSTED_ORIGINS.",
    ),
    Reason.NO_MEMBERSHIP: Explanation(
        "The person is signed in, but a member of no active tenant.",
        "Add a membership on the person's page.",
    ),
    Reason.SCOPE: Explanation(
        "The credential is good, but does not carry the scope that the operation needs.",
        "Add the scope to the key, role or token, if its owner should do this.",
    ),
    Reason.FORBIDDEN: Explanation(
        "The credential is good, but a rule keeps it from this operation.",
        "The detail names the rule.",
    ),
}


class CredentialRefusedError(UnauthenticatedError):
    """A credential that opens nothing; outsiders learn no more than that.

    The rest is for staff: what was wrong, with the values found; which key or token it was, never
    its secret; and the tenant of one that was proven to be what it says.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str = "",
        *,
        credential: str = "",
        tenant_id: UUID | None = None,
    ) -> None:
        super().__init__(UNIFORM)
        self.reason = reason
        self.detail = detail
        self.credential = credential
        self.tenant_id = tenant_id


class SessionRefusedError(ForbiddenError):
    """Somebody is signed in, but their session opens nothing here."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
