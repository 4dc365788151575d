"""The README’s table of faults is kept by tests: each case in it is the name of a test, and none is missing."""

import re

from service.settings import ROOT

CASES = {f"{number:02}" for number in range(1, 40)}
AT_THE_DOORS = {str(number) for number in (*range(43, 56), 60, 61, 62)}  # what strangers and files may try


def test_every_case_of_the_readmes_table_is_the_name_of_a_test() -> None:
    told = set(re.findall(r"^\| (\d\d) \| ", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert told == CASES
    tests = "".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    tested = set(re.findall(r"def test_case_(\d\d)", tests))
    assert (CASES | AT_THE_DOORS) - tested == set()
