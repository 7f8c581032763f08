"""`make faults`: the long sweep; how many faults of each kind were tried, and the outcome -> docs/reliability.md."""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from infoplane.page.readme import replace_block

HERE = Path(__file__).parent
ROWS = {
    "`kill -9` of `dvc repro`": ["test_kill_at_random_instants"],
    "SIGTERM, Ctrl-C": ["test_interrupts"],
    "two `dvc repro` at once": ["test_two_at_once"],
    "a stage interrupted, resumed": ["test_a_resumed_stage", "test_a_stage_that"],
    "partial work of other params, code or input": ["test_partial_work_of_other"],
    "damage to partial work": ["test_every_bit_of_partial_work"],
    "damage to stores": ["test_damage_is_an_error", "test_a_damaged_epoch"],
    "code in data": ["test_nothing_loads_code", "test_the_check_finds_it"],
    "full disk, before and while a stage runs": ["test_a_disk"],
    "folders that cannot be written": ["test_folders_that_cannot_be_written"],
    "too little disk or memory": ["test_too_little_disk_or_memory", "test_a_control_group"],
    "device out of memory": ["test_a_full_device"],
    "mistakes in params.yaml": [
        "test_a_mistake", "test_text_that", "test_a_missing_or_binary", "test_no_value_of_any_key",
    ],
    "activations that are not finite": [
        "test_the_run_stops", "test_allowed_it_is_flagged", "test_activations_that_are_not_finite",
    ],
    "activations all equal, all zero, of one class, in half precision's range": [
        "test_degenerate_input", "test_the_whole_range_of_half",
    ],
    "one sample, fewer samples than an estimator needs": ["test_one_sample", "test_too_few_samples"],
}  # fmt: skip
TESTS = [HERE, HERE.parent / "settings/test_params.py", HERE.parent / "estimators/test_contract.py"]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                *sys.argv[1:],
                *map(str, TESTS),
                "-o",
                "junit_family=legacy",
                f"--junitxml={report}",
            ],
            env=os.environ | {"INFOPLANE_FAULTS": "1"},
            check=False,
        )
        cases = list(ET.parse(report).iter("testcase"))
    table = "\n".join(["| fault | trials | outcome |", "| --- | ---: | --- |", *(row(name, cases) for name in ROWS)])
    print(table)
    replace_block("faults", table, HERE.parent.parent / "docs/reliability.md")
    return done.returncode


def row(name: str, cases: list[ET.Element]) -> str:
    """A row of the table: a fault, how many times it was tried, and what came of it."""
    chosen = [case for case in cases if case.get("name", "").startswith(tuple(ROWS[name]))]
    failed = [case for case in chosen if case.find("failure") is not None or case.find("error") is not None]
    skipped = [case for case in chosen if case.find("skipped") is not None]
    trials = sum(_trials(case) for case in chosen if case not in skipped)
    outcome = f"{len(failed)} of {len(chosen)} tests FAILED" if failed else "as it should be" if trials else "NOT TRIED"
    return f"| {name} | {trials} | {outcome}{f', {len(skipped)} tests skipped' * bool(skipped)} |"


def _trials(case: ET.Element) -> int:
    """What a test says with `record_property`; otherwise one."""
    return next((int(p.get("value", 1)) for p in case.iter("property") if p.get("name") == "trials"), 1)


if __name__ == "__main__":
    sys.exit(main())
