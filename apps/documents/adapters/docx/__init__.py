"""Word documents, written by python-docx."""
