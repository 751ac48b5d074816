"""``python -m flowathena``: the command line."""

from flowathena.cli import main

if __name__ == "__main__":
    main()
