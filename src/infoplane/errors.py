"""Errors that the user can mend: shown as one line, without a traceback."""

import sys
from collections.abc import Callable


class UserError(Exception):
    """Something outside the code is wrong: a parameter, a file, a disk. The message is one line that says what."""


def exit_in_one_line(main: Callable[[], None]) -> None:
    """Run a stage's main; a `UserError` or an interrupt ends it with one line on stderr and a non-zero status."""
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted")
