"""Chores: what services offer to do by name, wherever they run.

An app registers a function; whoever asks, such as the scheduler, names it and never imports it.
Asked twice by one key it is done once. A function begins work and returns what it began: what
takes long is for a job that it enqueues. Where it says so, whoever asked can look how that work
stands by what was returned, and stop it.
"""
