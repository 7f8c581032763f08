"""objectives/params.yaml: every mistake is one line that names the file and the key."""

from pathlib import Path

import pytest
import yaml

from changed_params import set_key
from conftest import ROOT
from infoplane.errors import UserError
from infoplane.settings import objectives


def written(folder: Path, key: str, value) -> Path:
    content = yaml.safe_load((ROOT / objectives.PARAMS).read_text())
    set_key(content, key, value)
    (path := folder / "params.yaml").write_text(yaml.safe_dump(content))
    return path


def test_the_defaults_are_valid():
    assert objectives.read(ROOT / objectives.PARAMS).task == "gan"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("task", "gna"),
        ("gan.weights", [-1.0]),
        ("gan.weights", [1.0, 1.0]),
        ("gan.steps", 0),
        ("gan.stesp", 10),
        ("gan.constant_for", 1.5),
        ("stacked_mnist.generator", [64]),
        ("stacked_mnist.discriminator", [64, 32, 16]),
        ("stacked_mnist.digits", "cifar10"),
        ("bigan.data", "spiral"),
        ("information.bound", "kl"),
        ("bottleneck.units", "many"),
        ("bottleneck.lr", 0.0),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, key: str, value):
    with pytest.raises(UserError) as caught:
        objectives.read(written(tmp_path, key, value))
    message = str(caught.value)
    assert message.startswith(f"objectives/params.yaml: {key}")
    assert "\n" not in message


def test_a_linear_generator_has_any_number_of_layers(tmp_path: Path):
    path = written(tmp_path, "stacked_mnist.network", "linear")
    content = yaml.safe_load(path.read_text())
    set_key(content, "stacked_mnist.generator", [64, 64, 64])
    path.write_text(yaml.safe_dump(content))
    assert objectives.read(path).stacked_mnist.generator == [64, 64, 64]


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(UserError, match="cannot be read: No such file"):
        objectives.read(tmp_path / "params.yaml")
