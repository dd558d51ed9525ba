"""What runs in the sandbox (kernel.sandbox), warm: a call in it opens no file.

What goes in is one text of bytes (`packing`): the template's JSON, that of its data, pictures. What
comes out is the document and what is to be said of it, or findings and no document.
"""

from apps.documents.adapters.sandboxed import warming
from apps.documents.adapters.sandboxed.faces import inspect_fonts
from apps.documents.adapters.sandboxed.pdf_files import fill_form, form_fields, merge, split
from apps.documents.adapters.sandboxed.picturing import picture
from apps.documents.adapters.sandboxed.rendering import render
from apps.documents.adapters.sandboxed.uploads import inspect

__all__ = [
    "fill_form",
    "form_fields",
    "inspect",
    "inspect_fonts",
    "merge",
    "picture",
    "render",
    "split",
    "touch",
]

warming.warm()
touch = warming.touch
