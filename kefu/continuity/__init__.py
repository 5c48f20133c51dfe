"""Copies of the whole system: taken while people work, restored elsewhere, dormant until somebody activates them.

``standing`` tells whether this database may act, ``backup`` and ``restore`` make and read the archive.
"""
