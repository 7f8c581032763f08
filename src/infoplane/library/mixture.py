"""A mixture of Gaussians in the plane of one x and one t: its information, and a figure of it.

    python -m infoplane.library.mixture 2,0 -2,0 0,2,1,1,0,1,1 0,-2,1,1,0,1,1

Each component is x,t[,std_x[,std_t[,rho[,weight[,label]]]]]; what is left out is 1,1,0,1,0. Prints I(X;T) and I(T;Y) in
nats, and writes OUT.png and OUT.svg. Numbers that begin with a minus come after `--`.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from infoplane.errors import UserError
from infoplane.figures import style
from infoplane.figures.mixture import mixture
from infoplane.known.planar_mixture import Component, planar_mixture
from infoplane.running.ends import exit_in_one_line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1000, help="in the figure")
    parser.add_argument("--out", type=Path, default=Path("mixture"))
    parser.add_argument("components", nargs="+", metavar="x,t,...")
    chosen = parser.parse_args()
    components = parsed(chosen.components)
    try:
        task = planar_mixture(components)
    except ValueError as error:
        raise UserError(str(error)) from error
    style.save(mixture(components, samples=chosen.samples), chosen.out)
    print(f"I(X;T) = {task.truth_xt:.5f}, I(T;Y) = {task.truth_ty:.5f} nats: {chosen.out}.png")


def parsed(texts: Sequence[str]) -> list[Component]:
    """Components from their numbers.

    Raises:
        UserError: one has too few or too many, or something else than numbers.
    """
    found = []
    for text in texts:
        try:
            numbers = [float(number) for number in text.split(",")]
            given = Component(*numbers)  # pyright: ignore[reportArgumentType]
            found.append(given._replace(label=int(given.label)))
        except (ValueError, TypeError) as error:
            raise UserError(f"component {text}: must be x,t[,std_x[,std_t[,rho[,weight[,label]]]]]") from error
    return found


if __name__ == "__main__":
    exit_in_one_line(main)
