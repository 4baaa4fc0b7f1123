"""The check finds the one bad cell of a million rows, in under 3 GB; `make bench` takes the time."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from itertools import cycle, islice
from pathlib import Path

import pytest
import yaml

DATA = Path(__file__).resolve().parents[2] / "data"
ROWS = 1_000_000
MEASURE = """
import json, resource, sys
from sustainment.check import check_study
findings = check_study(sys.argv[1])
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"gigabytes": used.ru_maxrss / 1e6, "findings": [finding.rule for finding in findings]}))
"""


@pytest.fixture(scope="module")
def million(tmp_path_factory) -> Path:
    """A study of a million persons: the book's sound records again and again, and one bad cell."""
    folder = tmp_path_factory.mktemp("million")
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True)
    with (DATA / "raw" / "survey.csv").open(encoding="utf-8", newline="") as file:
        header, *records = csv.reader(file)
    with (DATA / "worlds" / "book" / "defects.csv").open(encoding="utf-8", newline="") as file:
        defective = {row["record"] for row in csv.DictReader(file) if row["rule"] != "harmless"}
    sound = [record for record in records if record[0] not in defective]
    with (raw / "survey.csv").open("w", encoding="utf-8", newline="") as survey:
        writer = csv.writer(survey, lineterminator="\n")
        writer.writerow(header)
        for number, record in enumerate(islice(cycle(sound), ROWS), start=1):
            writer.writerow([number, f"INV-{number:07d}", *record[2:]])
        writer.writerow(
            [ROWS + 1, f"INV-{ROWS + 1:07d}", *sound[0][2:4], "2000-02-31", *sound[0][5:]]
        )
    with (raw / "population.csv").open("w", encoding="utf-8") as population:
        population.write("person,is_synthetic\n")
        population.writelines(f"INV-{number:07d},1\n" for number in range(1, ROWS + 2))
    (raw / "survey_dictionary.csv").write_bytes(
        (DATA / "raw" / "survey_dictionary.csv").read_bytes()
    )
    study = yaml.safe_load((DATA / "study.yml").read_text(encoding="utf-8"))
    study["inputs"] = {name: study["inputs"][name] for name in ("survey", "population")}
    study["population"]["size"] = ROWS + 1
    study["survey"].update(records=ROWS + 1, frame={}, decisions=[])
    (folder / "data" / "study.yml").write_text(yaml.safe_dump(study), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_the_one_bad_cell_of_a_million_rows_is_found_within_three_gigabytes(million):
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(million)], capture_output=True, text=True, check=True
    )
    result = json.loads(done.stdout)
    assert result["findings"] == ["impossible-date"]
    assert result["gigabytes"] < 3
