"""PDF, Excel, Word, HTML and CSV from one template and one set of data."""
