"""What a tenant sees, in the graph of each service, of the work that is done in its background.

The types are the same in every subgraph; the root fields carry the service's name.
"""
