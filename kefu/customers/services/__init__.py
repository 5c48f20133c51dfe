"""Customers: their files (``files``), and how they say how they were served (``surveys``)."""

from kefu.customers.services.surveys import when_answered

__all__ = ["when_answered"]
