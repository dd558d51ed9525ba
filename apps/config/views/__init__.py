"""What config serves beside GraphQL."""
