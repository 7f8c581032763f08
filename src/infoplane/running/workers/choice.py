"""Which workers: `workers` in params.yaml, or what the environment says in its place, which changes no file.

Results have the same bytes on any workers, so that no stage depends on them.
"""

import os
import re
from collections.abc import Mapping

from infoplane.errors import UserError

WORKERS, SCHEDULER = "INFOPLANE_WORKERS", "INFOPLANE_SCHEDULER"
"""Variables of the environment; the second takes an address alone, and comes before the first."""
GPUS = "gpus"
MOST = 1024
ADDRESS = re.compile(r"(tcp|tls)://[^\s/]+:\d+")
MUST_BE = f"must be a number of processes from 1 to {MOST}, `gpus`, or tcp://host:port of a Dask scheduler"
Workers = int | str
"""How many processes, `gpus` for one process a GPU, or the address of a Dask scheduler; 1: this process alone."""


def parsed(value: object) -> Workers:
    """The value if it says which workers.

    Raises:
        ValueError: it does not.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST:
        return value
    if isinstance(value, str) and (value == GPUS or ADDRESS.fullmatch(value)):
        return value
    raise ValueError(MUST_BE)


def is_address(workers: Workers) -> bool:
    """Whether these are the workers of a Dask scheduler."""
    return isinstance(workers, str) and workers != GPUS


def choose(of_params: Workers, environment: Mapping[str, str] = os.environ) -> Workers:
    """Which workers the environment names, or else params.yaml.

    Raises:
        UserError: a variable of the environment says something else.
    """
    if address := environment.get(SCHEDULER):
        if not ADDRESS.fullmatch(address):
            raise UserError(f"{SCHEDULER} = {address!r}: must be tcp://host:port of a Dask scheduler")
        return address
    if not (given := environment.get(WORKERS)):
        return of_params
    try:
        return parsed(int(given) if given.isascii() and given.isdigit() else given)
    except ValueError as error:
        raise UserError(f"{WORKERS} = {given!r}: {error}") from error
