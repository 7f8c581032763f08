"""Tables in README.md and docs/ that scripts write, between two comments that stay where they are."""

from pathlib import Path

README = Path("README.md")


def replace_block(name: str, content: str, path: Path = README) -> None:
    """Put `content` between the lines `<!-- name: ... -->` and `<!-- name: end -->`.

    Raises:
        ValueError: one of the two is missing.
    """
    lines = path.read_text(encoding="utf-8").split("\n")
    found = [number for number, line in enumerate(lines) if line.startswith(f"<!-- {name}:")]
    if len(found) != 2 or lines[found[1]] != f"<!-- {name}: end -->":
        raise ValueError(f"{path} lacks the comments <!-- {name}: ... --> and <!-- {name}: end -->")
    lines[found[0] + 1 : found[1]] = ["", *content.strip("\n").split("\n"), ""]
    path.write_text("\n".join(lines), encoding="utf-8")
