"""Errors that the user can mend: shown as one line, without a traceback."""


class UserError(Exception):
    """Something outside the code is wrong: a parameter, a file, a disk. The message is one line that says what."""


def in_one_line(error: BaseException) -> str:
    """An error of other code as part of a line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
