"""A finished PDF is encrypted: AES-256, with what a reader may do without the owner's password."""

from typing import BinaryIO

import pikepdf

from apps.documents.domain.protection import Protection


def protect(plain: BinaryIO, out: BinaryIO, protection: Protection) -> None:
    """Write an encrypted copy of a document."""
    plain.seek(0)
    allowed = pikepdf.Permissions(
        extract=protection.copying,
        modify_annotation=False,
        modify_assembly=False,
        modify_form=True,
        modify_other=False,
        print_lowres=protection.printing,
        print_highres=protection.printing,
    )
    encryption = pikepdf.Encryption(
        user=protection.user, owner=protection.owner, R=6, allow=allowed
    )
    with pikepdf.open(plain) as pdf:
        pdf.save(out, encryption=encryption)
