"""The workbench, by trade: ``queue`` (list, counts, preview, taking), ``case`` (the page and its parts), ``steps``
(what is done to a case), ``explain`` (why), ``reveal``, ``search``, ``desk`` (seat, bell, hand-over, session) and
``live`` (stream, polling, presence). ``door`` is what all of them enter by; ``steps`` and ``reveal`` use ``case``."""
