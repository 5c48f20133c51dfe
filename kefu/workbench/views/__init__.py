"""The workbench, by trade: ``queue`` (list, counts, preview, taking), ``case`` (the page and its parts), ``compose``
(what is written below the timeline), ``steps`` (what is done in a dialog), ``explain`` (why), ``reveal``, ``search``, ``desk`` (seat, bell, hand-over, session) and
``live`` (stream, polling, presence). ``compose`` and ``steps`` use ``case``."""
