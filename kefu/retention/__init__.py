"""The life of personal data: the keys it stands under, how long it is kept, what becomes of it, what a person may ask."""
