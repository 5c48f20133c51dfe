"""Personal data: sealed at rest, found by keyed tokens, shown masked. A package without models."""
