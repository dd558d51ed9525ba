"""What the files app serves beside GraphQL."""
