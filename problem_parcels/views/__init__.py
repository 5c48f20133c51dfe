"""The pages of the desks that work problem parcels, one module a page."""
