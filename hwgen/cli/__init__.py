"""The command line: ``hwgen VERB``."""

import os
import sys

from hwgen.cli.app import app

# Importing a group of verbs adds them, in the order in which --help shows them.
from hwgen.cli import (  # isort: skip
    specs, designs, placing, power, analyses, search, sweep, report, catalogue,
)

__all__ = ["analyses", "app", "catalogue", "designs", "main", "placing", "power", "report",
           "search",
           "specs", "sweep"]


def main() -> None:
    """Entry point: one clear message and exit status 2 for what the user can mend."""
    from hwgen.spec import InputError

    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except InputError as error:
        print(f"hwgen: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("hwgen: interrupted; what was finished is kept", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # the reader has left; nobody is there to be told
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
