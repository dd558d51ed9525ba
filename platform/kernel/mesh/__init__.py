"""Questions to another service: in process where it is served here, else over HTTP."""
