"""What the pages of inquiries read."""
