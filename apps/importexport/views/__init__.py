"""What importexport serves beside GraphQL."""
