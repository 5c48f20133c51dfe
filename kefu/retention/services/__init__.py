"""What changes the life of personal data: ``rotation`` of the keys it stands under, ``destruction`` of what is due."""

from kefu.retention.services.destruction import GRACE

__all__ = ["GRACE"]
