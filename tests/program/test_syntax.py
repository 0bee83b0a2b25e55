"""Programs are parsed from many threads."""

import sys
from concurrent.futures import ThreadPoolExecutor

from seig_search.program import Program

NESTED = "x = " + "(" * 40 + "1" + ")" * 40 + "\n" + "\n".join(f"a{n} = [{n}, ({n}, -{n} + {n})]" for n in range(300))


def test_programs_are_parsed_from_many_threads():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            trees = list(threads.map(lambda _: len(Program.parse(NESTED).tree.body), range(120)))
    finally:
        sys.setswitchinterval(interval)
    assert set(trees) == {301}
