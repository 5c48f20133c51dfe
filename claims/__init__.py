"""What the customer is owed: claims with their evidence, liability, settlement, payment and recovery."""
