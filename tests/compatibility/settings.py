"""The platform's settings, with the products subgraph in the place of all its addresses."""

from project.settings import *  # noqa: F403  settings build on settings
from project.settings import MIDDLEWARE as THEIRS

ROOT_URLCONF = "tests.compatibility.urls"
MIDDLEWARE = ["tests.compatibility.credential.lend", *THEIRS]
