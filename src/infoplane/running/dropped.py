"""What an estimator that is no longer in params.yaml has left: DVC forgets a dropped stage, but not its files.

Git would keep them in every later commit and experiment, as if they were of that network. DVC's run cache has them, so
that they return with the estimator.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

RESULTS = (
    "metrics/mi/{}.json", "plots/mi/{}.csv", "plots/diagnostics/{}.csv", "plots/validation/{}.csv", "plots/figures/{}",
)  # fmt: skip
"""What the stages of a key write, as dvc.yaml lists it."""
OF_ALL = "overview"
"""The one folder of figures that belongs to no key."""


def remove(keys: Iterable[str]) -> list[str]:
    """Remove the results of all other keys than these.

    Returns: the keys that were removed.
    """
    kept = {*keys, OF_ALL}
    found = {path.stem: None for pattern in RESULTS for path in sorted(Path().glob(pattern.format("*")))}
    dropped = [key for key in found if key not in kept]
    for path in (Path(pattern.format(key)) for key in dropped for pattern in RESULTS):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return dropped
