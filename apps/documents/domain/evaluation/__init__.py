"""A template and data become a stream of parts, which renderers write as they come."""
