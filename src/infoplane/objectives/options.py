"""What can be chosen, in a place that needs no torch."""

from typing import Literal

Bound = Literal["dv", "dv_biased", "nwj", "infonce", "js", "smile"]
