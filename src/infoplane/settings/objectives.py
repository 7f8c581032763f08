"""objectives/params.yaml as a whole: the pipeline that trains with information in the loss."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo
from ruamel.yaml.error import YAMLError

from infoplane import estimators
from infoplane.errors import UserError
from infoplane.objectives.options import Bound
from infoplane.settings.schema import Section, checked, one_of, shown
from infoplane.settings.sections import without_repeats
from infoplane.storage.yaml_files import read_yaml

FOLDER = Path("objectives")
PARAMS = FOLDER / "params.yaml"
Widths = Annotated[list[Annotated[int, Field(ge=1, le=10_000)]], Field(min_length=1)]
Weights = Annotated[list[Annotated[float, Field(ge=0, le=1000)]], Field(min_length=1), AfterValidator(without_repeats)]
Count = Annotated[int, Field(ge=1, le=10_000_000)]
Rate = Annotated[float, Field(gt=0, le=10)]
Digits = Literal["mnist5k", "mnist"]


class Information(Section):
    bound: Bound
    critic: Literal["separable", "concat"]
    widths: Widths
    hidden_noise: Annotated[float, Field(ge=0, le=100)]
    lr: Rate
    clip: bool


class Adversarial(Section):
    """What every training of a generator against a discriminator has."""

    weights: Weights
    repetitions: Annotated[int, Field(ge=1, le=100)]
    discriminator: Widths
    batch_norm: bool
    steps: Count
    looks: Annotated[int, Field(ge=1, le=1000)]
    batch_size: Annotated[int, Field(ge=2, le=100_000)]
    lr: Rate
    lr_discriminator: Rate
    constant_for: Annotated[float, Field(ge=0, le=1)]


class OfPoints(Section):
    """The grid of Gaussians, and how many points there are."""

    spacing: Annotated[float, Field(gt=0, le=1000)]
    std: Annotated[float, Field(gt=0, le=1000)]
    samples: Annotated[int, Field(ge=100, le=1_000_000)]


class OfCodes(Section):
    """What a generator makes samples of, and which of it its information is about."""

    of: Literal["noise", "label"]
    noise: Annotated[int, Field(ge=1, le=1000)]
    labels: Annotated[int, Field(ge=2, le=1000)]
    output_noise: Annotated[float, Field(gt=0, le=10)]


class Gan(Adversarial, OfPoints, OfCodes):
    data: Literal["gaussians25", "spiral"]
    generator: Widths


def _two_of_dcgan(channels: list[int], info: ValidationInfo) -> list[int]:
    if info.data.get("network") == "dcgan" and len(channels) != 2:
        raise ValueError("needs the channels of two convolutions, as network = dcgan")
    return channels


OfNetwork = Annotated[Widths, AfterValidator(_two_of_dcgan)]


class OfDigits(Section):
    """Which digits, and networks of which kind."""

    digits: Digits
    network: Literal["linear", "dcgan"]


class StackedMnist(Adversarial, OfCodes, OfDigits):  # pydantic checks the fields of the last first
    generator: OfNetwork
    discriminator: OfNetwork


class Bigan(Adversarial, OfPoints):
    data: Literal["gaussians25", "mnist5k", "mnist"]
    units: Annotated[int, Field(ge=1, le=1000)]
    code_noise: Annotated[float, Field(gt=0, le=10)]
    generator: Widths
    encoder: Widths


class Bottleneck(Section):
    dataset: Digits
    widths: Widths
    units: Annotated[int, Field(ge=1, le=10_000)]
    bound: Literal["mine", "vib"]
    critic_steps: Annotated[int, Field(ge=1, le=1000)]
    weights: Weights
    epochs: Count
    recorded: Annotated[int, Field(ge=1, le=1000)]
    batch_size: Annotated[int, Field(ge=2, le=100_000)]
    lr: Rate
    draws: Annotated[int, Field(ge=1, le=1000)]


class Dependence(Section):
    methods: Annotated[list[str], Field(min_length=1), AfterValidator(without_repeats)]
    d: Annotated[int, Field(ge=1, le=1000)]
    noises: Annotated[list[Annotated[float, Field(ge=0, le=100)]], Field(min_length=1)]
    rhos: Annotated[list[Annotated[float, Field(gt=-1, lt=1)]], Field(min_length=1)]
    samples: Annotated[int, Field(ge=100, le=1_000_000)]
    repetitions: Annotated[int, Field(ge=1, le=100)]


class Objectives(Section):
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    device: Literal["auto", "cpu", "cuda"]
    task: Literal["gan", "stacked_mnist", "bigan", "bottleneck", "dependence"]
    information: Information
    gan: Gan
    stacked_mnist: StackedMnist
    bigan: Bigan
    bottleneck: Bottleneck
    dependence: Dependence

    @property
    def section(self) -> Gan | StackedMnist | Bigan | Bottleneck | Dependence:
        """That of the task."""
        return getattr(self, self.task)


def read(path: Path = PARAMS) -> Objectives:
    """Read and check objectives/params.yaml.

    Raises:
        UserError: one line with the key, its value and what is allowed.
    """
    try:
        content = read_yaml(path)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except (YAMLError, ValueError) as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} must hold keys and values, not {shown(content)}")
    try:
        chosen = checked(Objectives, content, "")
        for method in chosen.dependence.methods:
            one_of("dependence.methods", method, estimators.names())
        return chosen
    except UserError as error:
        raise UserError(f"{FOLDER}/{error}") from None
