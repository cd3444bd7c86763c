"""From a finding to a draft report for the FIU: element tables, filing profiles, drafts, checks.

Nothing here files a report or opens a connection: a named officer reviews, edits and files.
"""
