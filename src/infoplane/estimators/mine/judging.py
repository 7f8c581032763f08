"""The epochs' estimates side by side: bars, and flags by what training, held-out samples and other readers say."""

import numpy as np

from infoplane.estimators.mine.axis import Axis
from infoplane.estimators.mine.fitting import judged_steps
from infoplane.estimators.parts.second_reader import is_missed
from infoplane.flags import FEW_SAMPLES, MISSED, OVERFIT, SATURATED, UNCONVERGED, WIDE, join_flags
from infoplane.information import Information
from infoplane.tolerance import Tolerance, is_beyond_tolerance, label_tolerance

GAP, GAP_OF_PAIRS = Tolerance(nats=0.07, share=0.07), Tolerance(nats=0.13, share=0.13)
"""How much better training samples may do than held-out ones; chosen on the tasks of docs/log.md. Half of the
gap is what fresh samples lose. For I(X;T) of samples alone what fitting a closed form explains is no gap."""
CLIMB = Tolerance(nats=0.02, share=0.02)
"""How much held-out values may still rise over the last quarter of training."""
APART = Tolerance(nats=0.1, share=0.1)
"""How far dv may lie below infonce."""
STANDARD_ERRORS = 2.0
"""Half the length of an error bar, and what a gap must exceed in its own standard errors."""
UNSEEN = Tolerance(nats=0.02, share=0.02)
"""How much critics miss besides, where nothing is flagged and the truth is known: bars reach as much further up."""
LEFT_OUT = Tolerance(nats=0.05, share=0.05)
"""How much may be in directions that critics do not see."""
LEAST = -0.1
"""Information is not negative: a value below has lost to chance what the tolerance allows."""
NEAR_CEILING = 0.85
"""Share of the ceiling ln K above which a value is saturated: InfoNCE loses ln(1 + e^I / K), 4 % of I there."""


def judged(
    xt: list[Axis], ty: list[Axis], steps: int, compared: float, n: int, readings: dict[str, np.ndarray]
) -> Information:
    """The estimates of both axes as arrays over the epochs.

    Args:
        compared: standard error of a gap, which rests on two parts smaller than the test part, over that of the value.
        n: samples.
        readings: of a second reader, by axis; none of I(X;T) where the channel is known.
    """
    known_channel = "xt" not in readings
    arrays, raised = {}, {"xt": {}, "ty": {}}
    diagnostics = {"step": np.tile(judged_steps(steps).astype(float), (len(xt), 1))}
    for name, axis in (("xt", xt), ("ty", ty)):
        mi, stderr, ceiling = (np.array([getattr(a, key) for a in axis]) for key in ("value", "stderr", "ceiling"))
        gap, kept, climbed = (np.array([getattr(a.history, key) for a in axis]) for key in ("gap", "kept", "climbed"))
        arrays |= {f"mi_{name}": mi, f"ceiling_{name}": ceiling}
        bar = STANDARD_ERRORS * stderr
        more = np.array([a.more for a in axis])
        above = bar + more + (0.0 if name == "ty" or known_channel else UNSEEN.at(np.abs(mi)))
        arrays |= {f"mi_{name}_low": mi - bar, f"mi_{name}_high": mi + above}
        by_chance = STANDARD_ERRORS * compared * stderr
        fitted = np.array([a.gap_by_fitting for a in axis])
        allowed = GAP if name == "ty" or known_channel else GAP_OF_PAIRS
        overfit = gap - fitted > np.maximum(allowed.at(np.abs(mi)), by_chance)
        # critics that lose on test samples what they had on held-out ones have met samples like none before
        overfit |= (mi < LEAST) | is_beyond_tolerance(np.maximum(kept - mi - by_chance, 0), mi)
        if name == "xt":
            # near the ceiling the training value has no ceiling of its own to be compared by
            raised[name][SATURATED] = (mi > NEAR_CEILING * ceiling) | np.array([a.saturated for a in axis])
            overfit &= ~raised[name][SATURATED] | (mi < LEAST)
        raised[name] |= {OVERFIT: overfit, UNCONVERGED: climbed > CLIMB.at(np.abs(mi))}
        if name == "ty":
            # a gap that may be chance, in few samples, is no reason to believe the value
            doubt = np.maximum(np.maximum(above, gap), 0)
            is_wide = label_tolerance(float(ceiling[0])).is_exceeded_by(doubt, mi) & ~overfit
            raised[name][FEW_SAMPLES] = is_wide | np.array([a.doubtful for a in axis])
        else:
            raised[name][WIDE] = is_beyond_tolerance(above, mi)
            raised[name][FEW_SAMPLES] = np.array([a.doubtful for a in axis])
        if name in readings:
            raised[name][MISSED] = is_missed(readings[name], mi, n)
            diagnostics[f"second_reader_{name}"] = readings[name]
        diagnostics |= {f"stderr_{name}": stderr, f"gap_{name}": gap}
        diagnostics[f"train_{name}"] = np.stack([a.history.train for a in axis])
        diagnostics[f"heldout_{name}"] = np.stack([a.history.held for a in axis])
        diagnostics |= {key: np.array([a.diagnostics[key] for a in axis]) for key in axis[0].diagnostics}
    # I(T;Y) at H(Y) is a layer that knows the label, which is no fault of the estimate
    if not known_channel:
        diagnostics["left_out_xt"] = np.array([a.left_out for a in xt])
        raised["xt"][MISSED] |= LEFT_OUT.is_exceeded_by(diagnostics["left_out_xt"], arrays["mi_xt"])
        # infonce forgives a critic a wrong function of one argument, dv does not: far apart, it has learned little
        apart = diagnostics["infonce"] - diagnostics["dv"] > APART.at(np.abs(arrays["mi_xt"]))
        raised["xt"][UNCONVERGED] |= apart & ~raised["xt"][SATURATED]
    flag_xt, flag_ty = (join_flags(words) for words in raised.values())
    return Information(**arrays, flag=(), flag_xt=flag_xt, flag_ty=flag_ty, diagnostics=diagnostics)
