"""The operations of documents' templates as data: what operations.py makes rows of."""

from typing import Literal

Effect = Literal["none", "adds", "changes", "removes"]

#: An entity, its field of one and of many, and the row that is meant.
READS = [
    ("DocumentTemplate", "documentTemplate", "documentTemplates", "template"),
    (
        "DocumentTemplateVersion",
        "documentTemplateVersion",
        "documentTemplateVersions",
        "template version",
    ),
    ("DocumentTheme", "documentTheme", "documentThemes", "theme"),
    ("DocumentPartial", "documentPartial", "documentPartials", "partial"),
]

_TEMPLATE = "documentTemplate { id }"
_FILE = r'document: "{\"septetTemplate\": 1, \"name\": \"new\", \"title\": \"A\", \"body\": {}}"'

#: A mutation, what it answers, what it is sent, what it does to the row, and which that is.
CHANGES: list[tuple[str, str, str, Effect, str]] = [
    ("createDocumentTemplate", _TEMPLATE, 'name: "new", title: "New"', "adds", "template"),
    ("updateDocumentTemplate", _TEMPLATE, 'id: "$id", title: "May"', "changes", "template"),
    ("archiveDocumentTemplate", _TEMPLATE, 'id: "$id"', "changes", "template"),
    ("restoreDocumentTemplate", _TEMPLATE, 'id: "$id"', "changes", "archived template"),
    ("duplicateDocumentTemplate", _TEMPLATE, 'id: "$id", name: "new"', "adds", "template"),
    ("copyDocumentGalleryTemplate", _TEMPLATE, 'sample: "invoice"', "adds", "template"),
    ("importDocumentTemplate", _TEMPLATE, _FILE, "adds", "template"),
    ("deleteDocumentTemplate", _TEMPLATE, 'id: "$id"', "removes", "template"),
    (
        "deleteDocumentTemplates",
        f"outcomes {{ {_TEMPLATE} error {{ code }} }}",
        'ids: ["$id"]',
        "removes",
        "template",
    ),
    (
        "publishDocumentTemplate",
        "documentTemplateVersion { number }",
        'id: "$id"',
        "changes",
        "template",
    ),
    (
        "withdrawDocumentTemplateVersion",
        "documentTemplateVersion { id }",
        'id: "$id"',
        "changes",
        "published version",
    ),
    ("createDocumentTheme", "documentTheme { id }", 'name: "new"', "adds", "theme"),
    ("updateDocumentTheme", "documentTheme { id }", 'id: "$id", size: 12', "changes", "theme"),
    ("deleteDocumentTheme", "documentTheme { id }", 'id: "$id"', "removes", "theme"),
    (
        "createDocumentPartial",
        "documentPartial { id }",
        r'name: "new", body: "{\"blocks\": []}"',
        "adds",
        "partial",
    ),
    (
        "updateDocumentPartial",
        "documentPartial { id }",
        'id: "$id", name: "other"',
        "changes",
        "partial",
    ),
    ("deleteDocumentPartial", "documentPartial { id }", 'id: "$id"', "removes", "partial"),
]

#: The same of what changes other rows than the one that is named.
ASIDE = [
    (
        "saveDocumentTemplateDraft",
        "documentTemplateVersion { number }",
        'id: "$id", note: "x"',
        "template",
    ),
    (
        "beginDocumentTemplateDraft",
        "documentTemplateVersion { number }",
        'id: "$id"',
        "published template",
    ),
    (
        "discardDocumentTemplateDraft",
        "documentTemplateVersion { number }",
        'id: "$id"',
        "template",
    ),
]

#: What is asked, and the row that is meant.
ASKED = [
    (
        "checkDocumentTemplate",
        'checkDocumentTemplate(body: "{}") { publishable findings { code } }',
        "template",
    ),
    (
        "previewDocumentTemplate",
        'previewDocumentTemplate(body: "{}") { pages code }',
        "template",
    ),
    (
        "documentTemplateDifferences",
        'documentTemplateDifferences(id: "$id", before: 1, after: 2) { place }',
        "rewritten template",
    ),
    ("documentGallery", "documentGallery { name }", "template"),
    ("documentTemplateExport", 'documentTemplateExport(id: "$id")', "template"),
]
