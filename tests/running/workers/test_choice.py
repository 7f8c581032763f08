"""Which workers params.yaml and the environment name."""

import pytest

from infoplane.errors import UserError
from infoplane.running.workers import choice


@pytest.mark.parametrize("value", [1, 64, "gpus", "tcp://10.0.0.1:8786", "tls://head.cluster:8786"])
def test_what_names_workers(value: object):
    assert choice.parsed(value) == value


@pytest.mark.parametrize("value", [0, -1, 1025, True, 2.0, None, "2", "gpu", "tcp://head", "http://head:80", [2]])
def test_what_names_none(value: object):
    with pytest.raises(ValueError, match="number of processes"):
        choice.parsed(value)


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        ({}, 3),
        ({"INFOPLANE_WORKERS": ""}, 3),
        ({"INFOPLANE_WORKERS": "1"}, 1),
        ({"INFOPLANE_WORKERS": "gpus"}, "gpus"),
        ({"INFOPLANE_WORKERS": "tcp://head:1"}, "tcp://head:1"),
        ({"INFOPLANE_SCHEDULER": "tcp://head:1", "INFOPLANE_WORKERS": "2"}, "tcp://head:1"),
    ],
)
def test_the_environment_comes_before_params(environment: dict[str, str], chosen: object):
    assert choice.choose(3, environment) == chosen


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"INFOPLANE_WORKERS": "many"}, "INFOPLANE_WORKERS = 'many': must be a number of processes"),
        ({"INFOPLANE_WORKERS": "0"}, "INFOPLANE_WORKERS = '0': must be"),
        ({"INFOPLANE_SCHEDULER": "2"}, "INFOPLANE_SCHEDULER = '2': must be tcp://host:port"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(environment: dict[str, str], line: str):
    with pytest.raises(UserError, match=line):
        choice.choose(1, environment)
