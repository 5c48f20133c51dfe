"""What the knowledge base reads: ``lookup`` an address and its price, ``wordings`` and ``outlets``."""
