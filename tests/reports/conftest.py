"""The claims desk, which everybody's reports are made at too."""

from tests.claims.conftest import desk

__all__ = ["desk"]
