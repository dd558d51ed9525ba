"""Uploads, downloads and versions; nothing is served before it is scanned."""
