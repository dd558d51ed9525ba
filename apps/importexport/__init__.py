"""Tables in and out: CSV and Excel, in batches, with every error named."""
