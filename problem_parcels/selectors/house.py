"""What the house has filled in."""

from problem_parcels.models import HouseWord


def house_words() -> dict[str, str]:
    """By ``HouseWord.Name``, the newest of each; a blank one is not there."""
    rows = HouseWord.objects.order_by("name", "-id").distinct("name")
    found = {row.name: row.sealed.get("value", "") for row in rows}
    return {name: value for name, value in found.items() if value}
