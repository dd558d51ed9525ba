"""What the scheduler serves over HTTP beside GraphQL."""
