"""`reduce` in a section of estimators: what is read, what the axes say, what follows for other stages."""

from pathlib import Path
from typing import Any

import pytest

from infoplane import reductions
from infoplane.settings.runs import Run, checked_run


def run(method: str, reduce: str, **keywords: Any) -> Run:
    return checked_run("run", {"method": method, "reduce": reduce, **keywords})


@pytest.mark.parametrize(
    ("chosen", "xt", "ty"),
    [
        (
            run("ksg", "pca 8"),
            "I(X8;T8), k neighbours; X8, T8: at most 8 principal components each [nats]",
            "I(T8;Y), k neighbours; T8: at most 8 principal components [nats]",
        ),
        (
            run("mine", "autoencoder 3", noise_std=0.5),
            "I(X;T3+N), N of std 0.5; X: split; T3: an autoencoder's code of at most 3 units [nats]",
            "I(T3;Y); T3: an autoencoder's code of at most 3 units [nats]",
        ),
        (
            run("mine", "pca 3", noise_std=0.0, inputs=900),
            "I(X3;T3+N), N of std 0; X: 900; X3, T3: at most 3 principal components each [nats]",
            "I(T3;Y); T3: at most 3 principal components [nats]",
        ),
        (
            run("binning", "pca 2", edges="quantile"),
            "H(bin T2); X: split; T2: at most 2 principal components [nats]",
            "I(bin T2;Y); T2: at most 2 principal components [nats]",
        ),
        (run("classifier", "pca 2"), None, "I(T2;Y), classified; T2: at most 2 principal components [nats]"),
        (run("ksg", "none"), "I(X;T), k neighbours [nats]", "I(T;Y), k neighbours [nats]"),
    ],
)
def test_axes_say_what_is_measured(chosen: Run, xt: str | None, ty: str):
    assert chosen.measured("nats") == (xt, ty)


def test_a_formula_of_the_users_without_a_side_says_it_all_the_same():
    assert reductions.named("pca 8").formula("entropy") == "entropy; T8: at most 8 principal components"
    assert reductions.named("pca 8").formula("H(TX, XT)") == "H(TX, XT); T8: at most 8 principal components"


def test_the_estimator_is_wrapped_and_otherwise_the_same():
    plain, reduced = run("ksg", "none").module, run("ksg", "pca 8").module
    assert reduced.estimate is not plain.estimate
    assert reduced.estimate.__wrapped__ is plain.estimate
    assert (reduced.COMPARES_X, reduced.reduction) == (True, ("pca", 8, True))
    assert not hasattr(plain, "reduction")


def test_x_is_reduced_where_it_is_looked_at():
    assert run("ksg", "pca 8").reduction.of_x
    assert run("mine", "pca 8").reduction.of_x
    assert not run("mine", "pca 8", noise_std=0.5).reduction.of_x
    assert not run("kde", "pca 8").reduction.of_x
    assert [run("kde", how).same_t for how in ("none", "pca 8")] == [True, True]
    assert not run("ksg", "none").same_t


def test_the_code_of_a_kind_is_there():
    for kind in reductions.IN_WORDS:
        chosen = reductions.named(f"{kind} 2")
        assert all(path.is_file() for path in chosen.files)
        assert Path(reductions.__file__).parent / f"{kind}.py" in chosen.files
