"""Django's Tasks on the jobs of this platform, for code that is written for that interface.

`django_tasks` is the interface of Django 6 for the Django we run on. A task's call is a row, and a
job of the task's queue carries its id. What it promises and what not: docs/jobs.md.
"""
