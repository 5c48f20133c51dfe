"""Reads about parties that others need."""

from kefu.network.models import Party


def our_company() -> Party:
    """The company that runs this centre. Raises Party.DoesNotExist before it is set up."""
    return Party.objects.get(kind=Party.Kind.COMPANY)
