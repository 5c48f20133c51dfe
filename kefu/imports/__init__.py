"""Tables that offices send, filed row by row by whichever app they are for.

``services.TableImport`` is what an app fills in and pages call; ``tables`` reads and writes files, ``columns`` says
what a column means, ``cells`` reads one, ``chunks`` files rows by the thousand and gives back what is refused;
``pages`` are the upload, the preview and the progress. An app adds its columns, its rows and its statements.
"""
