"""`python -m graphide`: the command `graphide`."""

from graphide.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
