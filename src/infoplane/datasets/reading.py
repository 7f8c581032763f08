"""How a data set of the user's own files is read: the section `files` of params.yaml, and what else decides it."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

LARGEST_SIDE = 10_000
"""Pixels: a larger side is a mistake, and would fill the memory with a single image."""


def _columns(value: Any) -> Any:
    if value is None or (isinstance(value, list | tuple) and value and all(isinstance(name, str) for name in value)):
        return value if value is None else tuple(value)
    raise ValueError("must be a list of names of columns, or null for all but the label")


def _size(value: Any) -> Any:
    sides = tuple(value) if isinstance(value, list | tuple) else (value, value)
    if value is None or (len(sides) == 2 and all(type(side) is int and 1 <= side <= LARGEST_SIDE for side in sides)):
        return value if value is None else sides
    raise ValueError(f"must be a side, [height, width], both from 1 to {LARGEST_SIDE} pixels, or null")


class FileOptions(BaseModel):
    """The section `files`.

    Attributes:
        label: of tables and of Hugging Face's data sets: the column of the class.
        columns: of these: the columns of x; None for all others, or the one of images.
        crop: of images: height and width of the centre that is kept; None: as they are, and then all of one size.
        resize: of images: the shorter side before the centre is cut out; None: as small as covers `crop`.
        interpolation: of images that are resized.
        grey: of images: one channel in place of red, green and blue.
        normalisation: `standardise`: by the training samples' mean and standard deviation, of each channel of images
            and of each column of vectors. `imagenet`: by those of ImageNet, with which torchvision's networks were
            trained. `none`: pixels from 0 to 1, other values as they are.
        test: share of the samples that is drawn for testing, in each class, where none are given.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
    label: str = "label"
    columns: Annotated[tuple[str, ...] | None, BeforeValidator(_columns)] = None
    crop: Annotated[tuple[int, int] | None, BeforeValidator(_size)] = None
    resize: Annotated[int, Field(ge=1, le=LARGEST_SIDE)] | None = None
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    grey: bool = False
    normalisation: Literal["standardise", "imagenet", "none"] = "standardise"
    test: Annotated[float, Field(gt=0, lt=1)] = 0.2

    @model_validator(mode="after")
    def _fit_together(self):
        if self.resize is not None and (self.crop is None or self.resize < max(self.crop)):
            raise ValueError("resize needs a crop, of no larger sides: the centre that is cut out afterwards")
        if self.grey and self.normalisation == "imagenet":
            raise ValueError("normalisation imagenet is of three channels: set grey to false")
        return self


@dataclass(frozen=True, eq=False)
class Reading:
    """What decides how the user's files become samples.

    What one instance has read of the files' headers is kept, so that each reads them once.

    Attributes:
        folder: params.yaml's `inputs`.
        options: its section `files`.
        seed: of the draw of samples for testing.
    """

    folder: str = "inputs"
    options: FileOptions = field(default_factory=FileOptions)
    seed: int = 0
