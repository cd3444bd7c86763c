"""Statements and payment messages as input: camt, pain, pacs, MT940, MT942, MT103, OFX and CODA."""
