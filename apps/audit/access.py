"""Who may see what of audit logs within their tenant, keep them, and let them out of it."""

from django.db.models import Q

from kernel.tenancy.access import Access

AUDIT_LOG = Access(read="audit:read")
#: A scope of its own: who writes logs, as every program does, may not let any go.
AUDIT_RETENTION = Access(read="audit:retain")
#: As is who lets them out, to systems that nobody here sees.
AUDIT_STREAM = Access(read="audit:stream")
#: Who writes logs may not let others write any.
AUDIT_SOURCE = Access(read="audit:source")

#: What it takes to see personal fields, and to look for a subject.
PERSONAL = "audit:personal"
#: To erase a subject.
ERASE = "audit:erase"
#: To take logs out, as files and as pages for others: who only looks, or only writes, may not.
EXPORT = "audit:export"
#: To say what entries have to look like, and to keep others out by that.
SCHEMA = "audit:schema"
#: Who says what is personal says what those who write logs may leave in clear.
AUDIT_RULE = Access(read=SCHEMA)
#: One's own searches, and those that are everybody's.
AUDIT_SEARCH = Access(
    read="audit:read",
    rows=lambda principal: Q(shared=True) | Q(owner_id=principal.id),
)
#: Who reads logs reads exports of them; with personal fields, who may see those.
AUDIT_EXPORT = Access(
    read="audit:read",
    rows=lambda principal: None if principal.may(PERSONAL) else Q(personal=False),
)
