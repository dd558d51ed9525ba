"""What is made of files for people to look at and for search, out of bytes that may mean anything.

It runs in a sandbox (kernel.sandbox), so all that it needs is imported with it.
"""

from apps.files.domain.rendering.pages import pdf_picture, pdf_text
from apps.files.domain.rendering.pictures import picture
from apps.files.domain.rendering.texts import html_text, office_text, plain_text

__all__ = ["html_text", "office_text", "pdf_picture", "pdf_text", "picture", "plain_text"]
