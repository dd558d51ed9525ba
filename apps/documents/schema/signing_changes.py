"""What may be changed about the keys that documents are signed with."""

import graphene

from apps.documents.access import SIGN
from apps.documents.schema.types import SigningKeyType
from apps.documents.services.signing import create_signing_key, delete_signing_key
from kernel.federation.mutations import ById, ChangeInput, Create, Delete


class CreateDocumentSigningKeyInput(ChangeInput):
    """A private key with its certificate, which nobody is shown again."""

    name = graphene.String(required=True, description="Small letters, digits and single hyphens.")
    content = graphene.String(
        required=True,
        description="A file of PKCS#12, or of PEM with the key and its certificates, as base64.",
    )
    password = graphene.String(description="Of the file; it is not kept.")


class DeleteDocumentSigningKeyInput(ById):
    """The key to remove."""


class SigningChanges:
    """Changes of signing keys; each takes documents:sign."""

    create_document_signing_key = Create(
        SigningKeyType,
        input=CreateDocumentSigningKeyInput,
        by=create_signing_key,
        scope=SIGN,
        description="Keep a key to sign documents with; it takes documents:sign.",
    )
    delete_document_signing_key = Delete(
        SigningKeyType,
        input=DeleteDocumentSigningKeyInput,
        by=delete_signing_key,
        scope=SIGN,
        description="Remove a key; what was signed with it stays signed. It takes documents:sign.",
    )
