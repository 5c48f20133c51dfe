"""Reads about parties that others need."""

from dataclasses import dataclass

from kefu.network.models import ContactNumber, Party, Region

# What an outlet is reached by; an employee's own and the technical department's are not its to report.
OUTLETS_OWN = (
    ContactNumber.Kind.DUTY,
    ContactNumber.Kind.COMPLAINT,
    ContactNumber.Kind.HEAD,
    ContactNumber.Kind.SERVICE_MANAGER,
)


def our_company() -> Party:
    """The company that runs this centre. Raises Party.DoesNotExist before it is set up."""
    return Party.objects.get(kind=Party.Kind.COMPANY)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something goes. ``province``: the name of the uppermost region; ``division``: its code by GB/T 2260,
    "" where nobody filled it in; ``shuttle``: whether our own line goes there, None where nobody said.
    """

    name: str
    province: str
    division: str
    shuttle: bool | None


def place_of(region: Region) -> Place:
    """What is known of a region; a blank is taken from the one above it."""
    division, shuttle, above = "", None, region
    chain = [region]
    while above.parent is not None and above.parent not in chain:
        above = above.parent
        chain.append(above)
    for one in chain:
        division = division or one.code
        shuttle = one.shuttle if shuttle is None else shuttle
    return Place(region.name, chain[-1].name, division, shuttle)
