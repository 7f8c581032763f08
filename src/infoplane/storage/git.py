"""What git says of a repository."""

import subprocess
from pathlib import Path

from infoplane.errors import UserError


def git(*arguments: str, folder: Path | None = None) -> str:
    """What a command of git prints, in the current folder or in another one.

    Raises:
        UserError: it fails.
    """
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
