"""Scenarios for worlds of any size: forms of exploitation, and beside each the lawful groups that resemble it."""
