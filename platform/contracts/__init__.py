"""Events that cross apps: frozen dataclasses, standard library only.

An app's events are in the module of its name; `catalogue` knows all of them. What one looks like
on its way is an `Envelope`, which is a CloudEvent 1.0. Its data has a JSON Schema in `schemas/`.
"""
