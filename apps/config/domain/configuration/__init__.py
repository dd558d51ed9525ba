"""Dynamic configuration: typed values in layers, compared and written out; plain Python."""
