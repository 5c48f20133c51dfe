"""Pages of processes: ``runs`` for those who work them, ``templates`` for supervisors."""
