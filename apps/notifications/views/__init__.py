"""What notifications answers beside GraphQL."""
