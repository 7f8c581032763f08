"""`infoplane.estimate`: arrays of any origin give what the estimator gives for the tensors of the pipeline."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import infoplane
from infoplane import estimators
from infoplane.information import VALUES, Information, Noise

SMALL: dict[str, dict[str, Any]] = {
    "mine": {"folds": 2, "steps": 20, "width": 8, "rank": 4},
    "classifier": {"folds": 2, "steps": 20},
    "exact": {"bits": 2},
}
N = 200


def samples() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = np.arange(N) % 3
    x = rng.normal(size=(N, 2)) + y[:, None]
    return x, np.tanh(x) + 0.3 * rng.normal(size=(N, 2)), y


def same(a: Information, b: Information) -> bool:
    """Whether two results are equal to the bit."""
    pairs = [(getattr(a, name), getattr(b, name)) for name in VALUES]
    return all((p is None) == (q is None) and (p is None or p.tobytes() == q.tobytes()) for p, q in pairs)


@pytest.mark.parametrize("name", estimators.names())
def test_arrays_give_what_tensors_of_the_pipeline_give(name: str):
    x, t, y = samples()
    noise = Noise("gaussian", torch.tensor(0.2))
    there = estimators.find(name).estimate(
        torch.tensor(x, dtype=torch.float32),
        torch.tensor(t[None], dtype=torch.float32),
        torch.tensor(y),
        noise=noise,
        **SMALL.get(name, {}),
    )
    here = infoplane.estimate(name, x, t, y, noise=Noise("gaussian", 0.2), **SMALL.get(name, {}))
    assert same(here, there)
    assert list(here.flag) == list(there.flag)


@pytest.mark.parametrize("name", sorted({*estimators.names()} - {"classifier"}))
def test_without_labels_there_is_the_first_axis_alone(name: str):
    x, t, _ = samples()
    info = infoplane.estimate(name, x, t, noise=Noise("additive", 0.2), **SMALL.get(name, {}))
    assert info.mi_xt is not None
    assert info.mi_ty is info.mi_ty_low is info.mi_ty_high is info.ceiling_ty is None
    assert not any(info.flag_ty)


@pytest.mark.parametrize(
    "change",
    [
        lambda x, t, y: (torch.tensor(x), torch.tensor(t, requires_grad=True), torch.tensor(y)),
        lambda x, t, y: (x.tolist(), t.tolist(), y.tolist()),
        lambda x, t, y: (pd.DataFrame(x), pd.DataFrame(t), pd.Series([f"class {each}" for each in y])),
        lambda x, t, y: (x.reshape(N, 1, 2), t[None], y.astype(float)),
        lambda x, t, y: (np.asfortranarray(x), t[::-1][::-1], y[:, None][:, 0].astype(np.uint8) + 7),
    ],
    ids=["tensors", "lists", "pandas", "other shapes", "other layouts"],
)
def test_any_origin(change: Any):
    x, t, y = samples()
    given = change(x, t, y)
    assert same(infoplane.estimate("ksg", *given, k=4), infoplane.estimate("ksg", x, t, y, k=4))


def test_one_dimension_and_several_epochs():
    x, t, y = samples()
    flat = infoplane.estimate("ksg", x[:, 0], t[:, 0], y)
    assert same(flat, infoplane.estimate("ksg", x[:, :1], t[:, :1], y))
    both = infoplane.estimate("binning", x, np.stack([t, 9 * t]), y, edges="global")
    assert both.mi_xt is not None
    assert both.mi_xt.shape == (2,)
    assert both.mi_xt[0] < both.mi_xt[1], "bins between ends of both epochs"


def test_an_estimator_of_ones_own(tmp_path: Any, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "mine_only.py").write_text(
        "import numpy as np\nfrom infoplane.information import Information\n"
        "def ones(x, t, y, *, noise=None, seed=0, factor: int = 1):\n"
        "    return Information(mi_xt=factor * np.ones(len(t)), flag=[''] * len(t))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    x, t, y = samples()
    assert infoplane.estimate("mine_only:ones", x, t, y, factor=3).mi_xt == pytest.approx([3])


X, T, Y = samples()


@pytest.mark.parametrize(
    ("arguments", "keywords", "told"),
    [
        (("mime", X, T, Y), {}, "method = 'mime': must be one of .*nearest: mine"),
        (("no_such:thing", X, T, Y), {}, "method = 'no_such:thing': the module no_such cannot be imported"),
        (("ksg", X, T, Y), {"kk": 3}, "ksg.kk = 3: unknown key; known are k"),
        (("ksg", X, T, Y), {"k": 0}, "ksg.k = 0: input should be greater than"),
        (
            ("ksg", X[:9], T, Y),
            {},
            r"x of shape \(9, 2\) and t of shape \(1, 200, 2\): t is \(e, n, d\) with as many samples",
        ),
        (("ksg", X, T[:, :, None, None], Y), {}, r"t of shape \(200, 2, 1, 1\): must be \(n, d\), or \(e, n, d\)"),
        (("ksg", X, T[:0], Y), {}, r"t of shape \(1, 0, 2\) is empty"),
        (("ksg", X, T, Y[:9]), {}, r"y of shape \(9,\): one label for each of 200 samples"),
        (("ksg", X, T, X[:, 0]), {}, "y: the label of sample 0 is .*: labels are whole numbers or text"),
        (("ksg", X, np.where(T > 1, np.nan, T), Y), {}, "ksg: epoch 0 of 1 holds a NaN or an infinity"),
        (("ksg", np.where(X > 1, np.inf, X), T, Y), {}, "x holds a NaN or an infinity"),
        (("ksg", X * 1e300, T, Y), {}, "x holds a NaN or an infinity"),
        (("ksg", X + 1j, T, Y), {}, "x cannot be read as numbers"),
        (("ksg", "x", T, Y), {}, "x cannot be read as numbers"),
        (("ksg", [[1], [1, 2]], T, Y), {}, "x cannot be read as numbers"),
        (("ksg", X, T, Y), {"noise": Noise("additive", np.ones(7))}, r"noise.std of shape \(7,\) does not broadcast"),
        (("ksg", X[:4], T[:4], Y[:4]), {}, "ksg: 4 samples are too few"),
        (("classifier", X, T), {}, "classifier gives I.T;Y. alone, so that it needs y"),
    ],
)
def test_mistakes_are_told_in_one_line(arguments: tuple[Any, ...], keywords: dict[str, Any], told: str):
    with pytest.raises(infoplane.UserError, match=f"^estimate: {told}") as end:
        infoplane.estimate(*arguments, **keywords)
    assert len(str(end.value).splitlines()) == 1


@pytest.mark.parametrize("name", estimators.names())
def test_an_estimator_itself_says_where_other_arrays_belong(name: str):
    with pytest.raises(TypeError, match=r"t is a ndarray, not a torch tensor: infoplane\.estimate"):
        estimators.find(name).estimate(X, T[None], Y)
