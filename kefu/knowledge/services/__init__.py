"""Use cases of the knowledge base: ``places`` and ``tables`` what is imported, ``wordings`` drafting and approving,
``outlets`` opening hours and reports of wrong numbers."""
