"""The documents subgraph."""

from apps.documents.schema.mutations import Mutation
from apps.documents.schema.queries import Query
from apps.documents.schema.templates import (
    PartialType,
    TemplateType,
    TemplateVersionType,
    ThemeType,
)
from apps.documents.schema.types import (
    BatchItemType,
    DocumentBatchType,
    DocumentType,
    SigningKeyType,
)
from kernel.background.events import events_of
from kernel.background.jobs import jobs_of
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph(
    "documents",
    query=Query,
    mutation=Mutation,
    entities=[
        BatchItemType,
        DocumentBatchType,
        DocumentType,
        PartialType,
        SigningKeyType,
        TemplateType,
        TemplateVersionType,
        ThemeType,
    ],
    more=[jobs_of("documents"), events_of("documents")],
)

#: What the table of operations says beside them, or in their place.
NOTES = {
    "Document": {"update": "Its title: other data or another format make another document."},
    "DocumentBatch": {
        "update": "`cancelDocumentBatch`, `resumeDocumentBatch`: other items make another batch.",
        "bulk": "Each stands for many documents, and is thought about.",
    },
    "DocumentBatchItem": {
        "create": "`createDocumentBatch`.",
        "update": "`resumeDocumentBatch` tries those again that failed.",
        "delete": "`deleteDocumentBatch`.",
        "bulk": "As above.",
    },
    "DocumentSigningKey": {
        "update": "Another key is made: what was signed names the one it was signed with.",
        "bulk": "A tenant has few of them, and each is thought about.",
    },
    "DocumentTemplateVersion": {
        "create": "`saveDocumentTemplateDraft` and `beginDocumentTemplateDraft`.",
        "update": "`saveDocumentTemplateDraft` until it is published: then it never changes.",
        "delete": "`discardDocumentTemplateDraft`; what was published goes with its template.",
        "bulk": "Each is thought about.",
    },
    "DocumentTheme": {"bulk": "A tenant has few of them, and each is thought about."},
    "DocumentPartial": {"bulk": "A tenant has few of them, and each is thought about."},
}
