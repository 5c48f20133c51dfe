"""The problem parcels to look at, one module a trade."""

from problem_parcels.admin import core, receipts, routes, store

__all__ = ["core", "receipts", "routes", "store"]
