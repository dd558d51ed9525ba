"""The product's version."""

from importlib.metadata import version

VERSION = version("septet")
