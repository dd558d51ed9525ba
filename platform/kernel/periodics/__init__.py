"""Work that services do by themselves (`kernel.jobs.periodic`), told to whoever may see it.

Each service tells of its own, from its own table of jobs; nobody drives it from outside.
"""
