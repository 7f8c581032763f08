"""Import this first: while a stage still imports its libraries, Ctrl-C is one line, and the end of `dvc` its end."""

import sys

from infoplane.running import interrupts

sys.excepthook = interrupts.quiet
interrupts.end_with_dvc()
