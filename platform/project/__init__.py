"""The composition root: the only package that knows every app."""

import gc

# Of what is imported nothing is garbage, and looking for it takes a fifth of a start's time.
# `ProjectConfig.ready` switches it on again.
gc.disable()
