"""Scenarios for worlds of any size: forms of exploitation and the lawful groups that resemble them."""
