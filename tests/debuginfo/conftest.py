"""Busy machines are no bugs."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
