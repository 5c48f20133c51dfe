"""What the desks' pages ask for, one module a page."""
