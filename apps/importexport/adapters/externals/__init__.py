"""Tables of PostgreSQL databases outside: what they are, rows out of them and into them."""
