"""Errors that the user can mend: shown as one line, without a traceback."""

import errno
import signal
import sys
from collections.abc import Callable

OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR, errno.ENOTDIR}
"""A full or read-only disk, missing permission, or something else in the place of a file."""


class UserError(Exception):
    """Something outside the code is wrong: a parameter, a file, a disk. The message is one line that says what."""


def exit_in_one_line(main: Callable[[], None]) -> None:
    """Run a stage's main; what the user can mend, Ctrl-C and SIGTERM end it with one line and a non-zero status."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if error.errno not in OF_THE_DISK:
            raise
        sys.exit(f"error: {error.filename or 'the disk'}: {(error.strerror or str(error)).lower()}")
    except KeyboardInterrupt:
        sys.exit("interrupted")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
