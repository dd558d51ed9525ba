"""Any source of rows becomes one kind of file: CSV in UTF-8."""
