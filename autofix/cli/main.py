"""The command ``autofix``."""
