"""`python -m thbscreen` is the same program as `thbscreen`."""

from thbscreen.cli import main

if __name__ == "__main__":
    main()
