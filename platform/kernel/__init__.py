"""Mechanisms every app uses; knows no app."""
