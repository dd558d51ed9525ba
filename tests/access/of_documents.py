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
    ("DocumentSigningKey", "documentSigningKey", "documentSigningKeys", "signing key"),
]

_TEMPLATE = "documentTemplate { id }"
_KEY = "documentSigningKey { id }"
#: A key whose certificate is valid for a hundred years.
_PEM = (
    "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1DNENBUUF3QlFZREsyVndCQ0lFSUpwdEQ0UzhvZzZ0ZzM0Qmgy"
    "UTUwajFDaVoxYUU0bFRaT05KSmw5M2VtcFkKLS0tLS1FTkQgUFJJVkFURSBLRVktLS0tLQotLS0tLUJFR0lOIENF"
    "UlRJRklDQVRFLS0tLS0KTUlISk1IMmdBd0lCQWdJQkFUQUZCZ01yWlhBd0RqRU1NQW9HQTFVRUF3d0RRV1JoTUNB"
    "WERUSXdNREV3TVRBdwpNREF3TUZvWUR6SXhNakF3TVRBeE1EQXdNREF3V2pBT01Rd3dDZ1lEVlFRRERBTkJaR0V3"
    "S2pBRkJnTXJaWEFECklRQmJIRUd3aDBzcjBRbFZ3TmtWZE8xaVZHMGdKRnpCSVFzVlJkNk1rdFg4SHpBRkJnTXJa"
    "WEFEUVFDTjZHdE0KRGJVY1pOdDMrTzJONVJDVjhMMVJCRFpzTk83bm9jcnR0TDQ0Rk5zTThJV2ZmQnh0TGgrL05H"
    "R3JMU29qQTJ3OQpEaU40L1ZDbUZzNFJldElKCi0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K"
)
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
    ("createDocumentSigningKey", _KEY, f'name: "new", content: "{_PEM}"', "adds", "signing key"),
    ("deleteDocumentSigningKey", _KEY, 'id: "$id"', "removes", "signing key"),
]

#: Those that take another scope than documents:write.
SCOPES = dict.fromkeys(("createDocumentSigningKey", "deleteDocumentSigningKey"), "documents:sign")

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
    ("pdfForm", 'pdfForm(fileId: "$id") { fields { name } code }', "template"),
    ("documentTemplateExport", 'documentTemplateExport(id: "$id")', "template"),
]
