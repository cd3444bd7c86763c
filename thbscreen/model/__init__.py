"""What data means: catalogue, text, clock, money."""
