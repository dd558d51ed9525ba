"""The web server: one port, Django in a bounded pool of threads, room for raw ASGI beside it."""
