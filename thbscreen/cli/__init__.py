"""The command line: parses, calls, prints; holds no logic of its own.

`main` is the console script, and `python cli.py` and `python -m thbscreen` call it too. Whatever needs
tables is imported inside the command that needs it, so that help appears at once.
"""

from thbscreen.cli.commands import main

__all__ = ["main"]
