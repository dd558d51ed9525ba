"""How PostgreSQL is reached: time limits, poolers, replicas, and what it refuses for now."""
