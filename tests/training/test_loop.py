import math

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from infoplane.models.mlp import Mlp
from infoplane.settings.sections import Train
from infoplane.training.loop import Epoch, Tensors, Training, evaluate, train

SETTINGS = {
    "epochs": 6, "batch_size": 20, "optimizer": "adam", "lr": 0.02, "momentum": 0.9, "weight_decay": 0.0,
    "schedule": "constant",
}  # fmt: skip


def blobs(n: int, seed: int) -> Tensors:
    """Three well separated Gaussian classes in the plane."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % 3
    centres = 4 * torch.tensor([[1.0, 0.0], [-0.5, 0.9], [-0.5, -0.9]])
    return Tensors(centres[y] + torch.randn(n, 2, generator=generator), y)


def run(**changes: object) -> tuple[Mlp, list[Epoch]]:
    torch.manual_seed(0)
    network = Mlp((2,), 3, widths=[8, 8], activation="relu")
    settings = Train.model_validate(SETTINGS | changes)
    return network, list(train(network, blobs(300, 1), blobs(100, 2), settings))


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_it_learns(optimizer: str, schedule: str):
    _, epochs = run(optimizer=optimizer, schedule=schedule)
    assert [epoch.number for epoch in epochs] == list(range(7))
    assert epochs[0].train.loss == pytest.approx(math.log(3), abs=0.6)
    assert epochs[-1].test.accuracy > 0.97
    assert epochs[-1].train.loss < 0.15


def test_optimizers_and_schedules_differ():
    losses = {
        (optimizer, schedule): run(optimizer=optimizer, schedule=schedule)[1][-1].train.loss
        for optimizer in ("adam", "sgd")
        for schedule in ("constant", "cosine")
    }
    assert len(set(losses.values())) == 4


def test_weights_decay_in_adamw_by_themselves_and_in_adam_with_the_gradient():
    plain, decayed = ({name: run(optimizer=name, weight_decay=decay)[1][-1].train.loss for name in ("adam", "adamw")}
                      for decay in (0.0, 0.1))  # fmt: skip
    assert plain["adam"] == plain["adamw"]
    assert decayed["adam"] != decayed["adamw"]


def test_each_phase_has_its_learning_rate():
    torch.manual_seed(0)
    network = Mlp((2,), 3, widths=[8, 8], activation="relu")
    settings = Train.model_validate(SETTINGS | {"lr_after": [{"epoch": 4, "lr": 0.001}, {"epoch": 2, "lr": 0.1}]})
    training = Training(network, blobs(300, 1), blobs(100, 2), settings)
    # what the next epoch begins with
    rates = [training.optimizer.param_groups[0]["lr"] for _ in training.epochs()]
    assert rates == pytest.approx([0.02, 0.02, 0.1, 0.1, 0.001, 0.001, 0.001])


def test_the_same_seed_gives_the_same_weights_to_the_bit():
    first, second = (run()[0].state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_scores_are_those_of_the_network_as_it_stands_after_the_epoch():
    network, epochs = run()
    split = blobs(300, 1)
    with torch.no_grad():
        logits = network.eval()(split.x)
    assert epochs[-1].train.loss == pytest.approx(float(cross_entropy(logits, split.y)), rel=1e-5)
    assert epochs[-1].train.accuracy == pytest.approx(float((logits.argmax(1) == split.y).float().mean()))
    assert evaluate(network, split) == epochs[-1].train


def test_the_network_is_in_evaluation_mode_whenever_an_epoch_is_yielded():
    network = Mlp((2,), 3, widths=[4], activation="tanh")
    for _ in train(network, blobs(60, 1), blobs(30, 2), Train.model_validate(SETTINGS)):
        assert not network.training


def test_gradient_moments_are_those_of_the_minibatches():
    torch.manual_seed(0)
    network = Mlp((2,), 3, widths=[4], activation="tanh")
    split = blobs(60, 1)
    # Steps this small leave the weights, and so each minibatch's gradient, as they were.
    settings = Train.model_validate(SETTINGS | {"optimizer": "sgd", "lr": 1e-12, "epochs": 1})
    torch.manual_seed(3)
    *_, last = train(network, split, split, settings)
    torch.manual_seed(3)
    gradients = []
    for batch in torch.randperm(60).split(20):
        network.zero_grad()
        cross_entropy(network(split.x[batch]), split.y[batch]).backward()
        gradients.append(np.concatenate([p.grad.flatten().numpy() for p in network.output.parameters()]))
    stacked = np.stack(gradients)
    assert last.gradients["output"].mean == pytest.approx(np.linalg.norm(stacked.mean(0)), rel=1e-4)
    assert last.gradients["output"].std == pytest.approx(np.linalg.norm(stacked.std(0)), rel=1e-3)
    weights = np.concatenate([p.detach().flatten().numpy() for p in network.output.parameters()])
    assert last.gradients["output"].weight_norm == pytest.approx(np.linalg.norm(weights), rel=1e-5)


def test_before_training_there_is_no_gradient():
    _, epochs = run()
    assert epochs[0].gradients["hidden1"].mean is None
    assert epochs[0].gradients["hidden1"].weight_norm > 0


def test_a_diverging_loss_names_the_epoch():
    network = Mlp((2,), 3, widths=[8, 8], activation="linear")
    settings = Train.model_validate(SETTINGS | {"optimizer": "sgd", "lr": 1000.0, "epochs": 50})
    with pytest.raises(FloatingPointError, match="after epoch"):
        list(train(network, blobs(300, 1), blobs(100, 2), settings))
