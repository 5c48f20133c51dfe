"""What changes the life of personal data: ``rotation`` of the keys it stands under."""
