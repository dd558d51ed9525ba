"""GraphQL subgraphs and the one HTTP endpoint that serves them."""
