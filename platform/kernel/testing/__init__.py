"""What the tests of every app share: tenants with keys, and a client as a user would have it."""
