"""kefu on one machine: PostgreSQL and Redis from wheels, and a keeper for all processes.

``supervisor`` knows processes, ``servers`` knows PostgreSQL and Redis, ``run`` puts them together.
Nothing here knows a model, and no other part of kefu imports from here.
"""
