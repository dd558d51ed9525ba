"""Excel workbooks: openpyxl makes the workbook, and large sheets are streamed beside it."""
