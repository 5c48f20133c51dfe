"""The pages of inquiries: ``intake``, ``paste`` and ``imports`` (new cases), ``counter``, ``compose`` (what is written
below the timeline) and ``pickups`` (what stands beside it). The pages of all cases are the workbench's."""
