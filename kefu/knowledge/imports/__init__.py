"""Tables of coverage and of prices: ``rows`` what both have, ``coverage`` and ``prices`` each with its own columns."""
