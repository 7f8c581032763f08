"""`make faults`: run the long sweep and print, row by row, how many faults were tried and what came of them."""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

HERE = Path(__file__).parent
ROWS = {
    "kill -9 of dvc repro": ["test_kill_at_random_instants"],
    "SIGTERM, Ctrl-C": ["test_interrupts"],
    "two dvc repro at once": ["test_two_at_once"],
    "stages interrupted and resumed": ["test_a_resumed_stage", "test_a_stage_that"],
    "damage to partial work": ["test_every_bit_of_partial_work"],
    "damage to stores": ["test_damage_is_an_error", "test_a_damaged_epoch"],
    "other params, code or input": ["test_partial_work_of_other"],
    "full disk": ["test_a_disk"],
    "unwritable folders": ["test_folders_that_cannot_be_written"],
    "mistakes in params.yaml": ["test_a_mistake_in_params", "test_mistakes", "test_whatever"],
    "activations that are not finite": ["test_the_run_stops", "test_allowed_it_is_flagged"],
    "device out of memory": ["test_a_full_device"],
    "degenerate input of estimators": ["test_degenerate_input", "test_activations_that_are_not_finite", "test_too_few"],
}
TESTS = [HERE, HERE.parent / "test_params.py", HERE.parent / "estimators/test_contract.py"]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *map(str, TESTS), f"--junitxml={report}"],
            env=os.environ | {"INFOPLANE_FAULTS": "1"},
            check=False,
        )
        cases = list(ET.parse(report).iter("testcase"))
    print("| fault | trials | outcome |\n| --- | ---: | --- |")
    for row, names in ROWS.items():
        chosen = [case for case in cases if any(case.get("name", "").startswith(name) for name in names)]
        failed = [case for case in chosen if case.find("failure") is not None or case.find("error") is not None]
        skipped = [case for case in chosen if case.find("skipped") is not None]
        trials = sum(
            int(next((p.get("value", 1) for p in case.iter("property") if p.get("name") == "trials"), 1))
            for case in chosen
            if case not in skipped
        )
        outcome = f"{len(failed)} of {len(chosen)} tests FAILED" if failed else "as it should be" if trials else "-"
        print(f"| {row} | {trials} | {outcome}{f', {len(skipped)} tests skipped' * bool(skipped)} |")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
