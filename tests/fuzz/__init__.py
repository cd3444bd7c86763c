"""Damages files in thousands of ways: no reader may fail unhandled, or change a sum without a word."""
