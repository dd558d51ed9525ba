"""What is done to rows is told: values before and after, in the transaction of the change.

Declared by a model (`models.CapturedModel`); told as `contracts.capture.RowsChanged`. See
docs/capture.md.
"""
