"""How a stage ends: what the user can mend, Ctrl-C and a full disk with one line, all else with a traceback."""

import errno
import os
import sys
from collections.abc import Callable

from infoplane.errors import UserError
from infoplane.running import interrupts, unfinished

DISK_ERRORS = {
    errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR, errno.ENOTDIR, errno.EEXIST,
}  # fmt: skip
"""A full or read-only disk, missing permission, or something else in the place of a file."""
NO_CPU_MEMORY = "can't allocate memory"
"""What PyTorch says of a CPU's memory, in a RuntimeError."""


def exit_in_one_line(main: Callable[[], None]) -> None:
    """Run a stage's main; what the user can mend, Ctrl-C and SIGTERM end it with one line and a non-zero status."""
    interrupts.end_on_signals()
    interrupts.end_with_dvc()
    try:
        unfinished.remove_finished(os.environ.get("DVC_STAGE"))
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        sys.exit(f"error: {error.filename or 'the disk'}: {(error.strerror or str(error)).lower()}")
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and NO_CPU_MEMORY not in str(error) and "out of memory" not in str(error):
            raise
        sys.exit(f"error: out of memory: {str(error).splitlines()[0] if str(error) else 'Python has no more'}")
    except KeyboardInterrupt:
        interrupts.end()
