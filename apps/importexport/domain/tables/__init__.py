"""Tables that tenants describe: what a description may say, how it may change, what fits it."""
