"""How the pages are walked: in which order, what is typed otherwise than it stands there, and what is left out."""

import re
from typing import NamedTuple

PAGES = (
    "README.md",
    *(
        f"docs/{name}.md"
        for name in (
            "training", "data", "extending", "networks", "measures", "readout", "estimators", "paper", "library",
            "sharing", "cluster", "scale", "migrating", "study", "objectives", "benchmark",
        )
    ),
)  # fmt: skip

SMALL = (
    "train.epochs=4", "train.fraction=0.25", "record.samples=300", "record.epochs=log 4", "estimators.mine.steps=20",
    "validation.samples=150", "resolution.noise_std=[0.3,1.0]", "resolution.epochs=1",
    "measures.which=[rankme,linear_probe]", "measures.epochs=2", "measures.samples=200",
)  # fmt: skip
"""After the default run all else is walked with these, of which each run takes a minute and not several."""
SMALL_FROM = ("README.md", "dvc exp run --temp -n my-cnn")
"""The step before which they are committed."""

SMALLER = (
    (r"train\.epochs=80", "train.epochs=7"),
    (r"train\.epochs=50\b", "train.epochs=5"),
    (r"train\.epochs=500", "train.epochs=20"),
    (r"train\.epochs=(3|10)\b", "train.epochs=1"),
    (r"epoch: 30", "epoch: 3"),
    (r"patience: 10", "patience: 2"),
    (r"record\.samples=1000", "record.samples=100"),
    (r"train\.repetitions=5", "train.repetitions=2"),
    (r"measures\.samples=4000", "measures.samples=300"),
    (r"crop=224", "crop=64"),
    (r"resize=256", "resize=72"),
    (r"--n 1000 10000", "--n 1000"),
    (r"--n 3000", "--n 1000"),
)
ELSEWHERE = (
    (r" /data/", " {work}/data/"),
    (r"<this repository>", "{work}/data/origin.git"),
    (r"s3://my-bucket/activations", "file://{work}/activations"),
    (r"infoplane new my-study && cd my-study", "infoplane new ../my-study && cd ../my-study"),
    (r"--upgrade wheels/", "--upgrade --force-reinstall --no-deps ../infoplane/wheels/"),
    (r'"\.\./other-study"', '"."'),
    (r"dvc gc (.*experiments)$", r"dvc gc --force \1"),
    (r"\nrun\.gradients.*", ""),
    (r"load\(\)\.gradients", 'load("training-4").gradients'),
    (r'\["wide1", "wide2"\]', '"my-cnn"'),
)
"""What stands for a place or a run of the reader's, needs what the default run does not keep, or asks a question."""

DOWNLOAD = "has to be downloaded"
LONG = "takes minutes to hours"
LEFT_OUT = (
    ("README.md", r"make (check|test)", "the tests themselves"),
    ("README.md", r"make paper", LONG),
    ("docs/readout.md", r"make paper", LONG),
    ("", r"dataset=(fashion_mnist|mnist|cifar10)\b|huggingface:|load_dataset", DOWNLOAD),
    ("docs/objectives.md", r"encoder\(x\)", "part of a training of the reader's"),
    ("docs/networks.md", r"recorder\.epoch|TrainerCallback", "part of a training of the reader's"),
    ("docs/extending.md", r"recorder\.epoch", "part of a training of the reader's"),
    ("docs/extending.md", r"class Wide", "a file of the package's: tests/models/"),
    ("docs/readout.md", r"names = ", "needs four networks: tests/readout/"),
    ("docs/measures.md", r"dvc repro measures overview", "the same as dvc repro"),
    ("docs/sharing.md", r"s3|dvc remote modify", "needs a bucket: tests/test_sharing.py walks it"),
    ("docs/sharing.md", r"INFOPLANE_RAW|dvc config --local cache|relink", "tests/test_sharing.py walks it"),
    ("docs/cluster.md", r"git clone|make repro|logs <name>", "as in the README"),
    ("docs/scale.md", r"gpus|tcp://|dask|slurm|^make repro", "other machines, or more cores: tests/running/workers/"),
    ("docs/study.md", r"", "tests/test_study_guide.py walks it"),
    ("docs/objectives.md", r"^(make|dvc)", LONG + ": tests/learning/test_pipeline.py"),
    ("docs/benchmark.md", r"", LONG),
    ("docs/migrating.md", r"dataset=szt", LONG),
)  # fmt: skip

ADDED = {"README.md": ("make help", "make page", "make report REV=my-cnn"), "docs/measures.md": ("make docs",)}
"""Commands that stand within the sentences of a page, typed at its end."""

ELSEWHERE_TYPED = {
    "git clone /data/origin.git theirs": "{work}",
    "dvc exp push origin my-cnn": "{work}/infoplane",
    "dvc get /data/origin.git plots": "{work}/paper",
    "git tag -a network": "{work}/infoplane",
    "dvc artifacts get": "{work}/paper",
    "du -sh .dvc/cache": "{work}/infoplane",
}
"""The folder in which a reader would type a command, where that is another one than before."""

TARGETS = (
    (r"model=cnn$|plot\.|repetitions", ""),
    (r"estimators\.mine\.inputs", "plot@mine"),
    (r"\+estimators\.(\w+)=", r"plot@\1"),
    (r"measures\.", "measures"),
    (r"readout\.", "readout"),
    (r"", "plot@binning"),
)
"""How far an experiment is run, by what it changes: `dvc exp run` takes stages at its end; "": all of it."""

OWN_FILES = r"(?:dataset=files:|weights=|import\.path=)(?!null|pretrained|DEFAULT)([\w.]+)"
"""What lies below inputs/, which an experiment is told to take along."""
QUEUE_IS_DONE = "while dvc queue status | grep -qE 'Running|Queued'; do sleep 3; done"


class Typed(NamedTuple):
    """A step as it is typed; a reason in its place where it is left out."""

    command: str
    left_out: str = ""


def typed(page: str, command: str, name: str, work: str) -> Typed:
    """What is typed for a step of a page.

    Args:
        name: of the experiment, where the page gives none.
        work: the folder of the walk.
    """
    for of_page, pattern, reason in LEFT_OUT:
        if page.startswith(of_page) and re.search(pattern, command):
            return Typed(command, reason)
    for pattern, other in (*SMALLER, *ELSEWHERE):
        command = re.sub(pattern, other.replace("{work}", work), command)
    return Typed("; ".join([with_temp(command, name), *([QUEUE_IS_DONE] if "queue start" in command else [])]))


def with_temp(command: str, name: str) -> str:
    """An experiment in a folder of its own, as the README asks for each of its list, as far as what it is about."""
    if not command.startswith("dvc exp run") or "--queue" in command:
        return command
    taken_along = (f"-C inputs/{found}" for found in re.findall(OWN_FILES, command))
    options = ("--temp", f"-n {name}", *taken_along)
    added = "".join(f" {option}" for option in options if f" {option.split()[0]} " not in command)
    found = next((found, target) for pattern, target in TARGETS if (found := re.search(pattern, command)))
    return f"{command.replace('dvc exp run', f'dvc exp run{added}')} {found[0].expand(found[1])}".rstrip()
