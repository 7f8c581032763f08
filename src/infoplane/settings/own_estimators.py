"""Estimators of the user's own, tried before anything runs: whether they can be called as estimators are."""

import inspect

from infoplane.errors import UserError, in_one_line
from infoplane.named import PARAMS
from infoplane.settings.params import Params
from infoplane.settings.runs import MEASURED, Run

CONSTANTS = (*MEASURED, "NEEDS_NOISE", "COMPARES_X", "SAME_T", "STREAMS")
"""What an estimator's file may declare; it is read without importing the file, where figures are drawn."""


def check(params: Params) -> None:
    """Import each estimator of the user's own, and see whether it is what the pipeline takes it for.

    Raises:
        UserError: one line with the key and what is wrong.
    """
    for key, run in params.estimators.items():
        if run.named.is_own:
            reason = _refused(run)
            if reason:
                raise UserError(f"{PARAMS}: estimators.{key}.method = {run.method!r}: {reason}")


def _refused(run: Run) -> str | None:
    module = run.module
    try:
        inspect.signature(module.estimate).bind(None, None, None, noise=None, seed=0, **run.keywords)
    except (TypeError, ValueError) as error:
        return f"cannot be called as estimate(x, t, y, *, noise, seed, ...): {in_one_line(error)}"
    for name in CONSTANTS:
        if hasattr(module, name) and getattr(module, name) != run.named.value(name):
            return f"{name} must be set once, plainly, at the top level of its file"
    return None
