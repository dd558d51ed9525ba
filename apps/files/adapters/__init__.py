"""The outside world of the files app: where bytes are kept, and who looks at them."""
