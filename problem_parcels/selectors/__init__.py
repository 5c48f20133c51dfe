"""Reads about problem parcels that others need."""

from problem_parcels.selectors.parcels import Parcel, look_up

__all__ = ["Parcel", "look_up"]
