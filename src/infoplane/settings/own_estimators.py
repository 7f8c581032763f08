"""Estimators of the user's own, tried before anything runs: whether they can be called as estimators are."""

import inspect

from infoplane.errors import UserError
from infoplane.named import PARAMS, is_own
from infoplane.settings.params import Params


def check(params: Params) -> None:
    """Import each estimator of the user's own, and see whether it takes what the pipeline gives it.

    Raises:
        UserError: one line with the key and what is wrong.
    """
    for key, run in params.estimators.items():
        if is_own(run.method):
            try:
                inspect.signature(run.module.estimate).bind(None, None, None, noise=None, seed=0, **run.keywords)
            except TypeError as error:
                raise UserError(
                    f"{PARAMS}: estimators.{key}.method = {run.method!r}: cannot be called as "
                    f"estimate(x, t, y, *, noise, seed, ...): {error}"
                ) from error
