"""Cells of random grids: their numbers at any width, their counts, and entropies of counts."""

import math

import numpy as np
import pytest
import torch

from infoplane.estimators.edge import hashed_cells
from infoplane.estimators.edge.hashed_cells import Cells, Labels, entropy_of, grassberger_terms, information
from infoplane.known.task import generator

CPU = torch.device("cpu")


def test_entropy_of_counts():
    # Grassberger's G: G(1) = -gamma - ln 2, G(2) = 2 - gamma - ln 2
    gamma = 0.5772156649015329
    terms = grassberger_terms(3, CPU)
    g = [-gamma - math.log(2), 2 - gamma - math.log(2)]
    assert entropy_of(torch.tensor([1, 0, 2]), terms) == pytest.approx(math.log(3) - (g[0] + 2 * g[1]) / 3)


def test_entropy_has_little_bias_where_counting_has_much():
    g = generator(0)
    counts = [torch.bincount(torch.randint(200, (400,), generator=g), minlength=200) for _ in range(50)]
    found = np.mean([entropy_of(each, grassberger_terms(400, CPU)) for each in counts])
    # counting alone is about 199 / 800 = .25 too low
    assert found == pytest.approx(math.log(200), abs=0.03)


@pytest.fixture
def sides() -> tuple[Cells, torch.Tensor, torch.Tensor, torch.Tensor]:
    g = generator(0)
    values, offset = torch.randn(3, 500, generator=g).double(), torch.rand(3, generator=g).double()
    terms = grassberger_terms(500, CPU)
    return Cells(values, offset, terms), values, offset, terms


@pytest.mark.parametrize("width", [6.0, 1.0, 0.1, 0.003])
@pytest.mark.parametrize("table", [1 << 14, 4])
def test_samples_share_a_cell_where_all_their_codes_are_equal(sides, width: float, table: int, monkeypatch):
    monkeypatch.setattr(hashed_cells, "LARGEST_TABLE", table)
    cells, values, offset, terms = sides
    codes = torch.floor(values / width + offset[:, None])
    _, expected, counts = torch.unique(codes, dim=1, return_inverse=True, return_counts=True)
    found = cells.at(width)
    pairs = torch.unique(torch.stack([found.cells, expected]), dim=1)
    assert pairs.shape[1] == len(counts)
    assert len(torch.unique(found.cells)) == len(counts)
    assert int(found.cells.max()) < found.count
    assert found.entropy == pytest.approx(entropy_of(counts, terms))


@pytest.mark.parametrize("table", [1 << 14, 4])
def test_information_of_pairs_of_cells(sides, table: int, monkeypatch):
    monkeypatch.setattr(hashed_cells, "LARGEST_TABLE", table)
    cells, values, _, terms = sides
    labels = Labels((values[0] > 0).long() * 7, terms)
    one, other = cells.at(1.0), labels.at(1.0)
    _, counts = torch.unique(torch.stack([one.cells, other.cells]), dim=1, return_counts=True)
    expected = one.entropy + other.entropy - entropy_of(counts, terms)
    assert information(one, other, terms) == (pytest.approx(expected), len(counts))
