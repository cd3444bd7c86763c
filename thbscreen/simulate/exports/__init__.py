"""Forms in which banks hand over what they keep: tables of their own, workbooks, statements, with damage.

Each form is a table or message as such a bank would write it, and has the mapping with which it is read. What
a form cannot hold is listed in `profiles.PROFILES`; all else must come back as it was.
"""

from __future__ import annotations
