"""Claims and reports to look at, one module a trade."""

from claims.admin import core, money, reports

__all__ = ["core", "money", "reports"]
