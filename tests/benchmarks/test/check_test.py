#!/usr/bin/env python3
"""check.py on made-up figures: what must fail and what must pass."""
import io
import json
import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(FOLDER))
sys.dont_write_bytecode = True
import check  # noqa: E402
import table  # noqa: E402

RECORDED = {"Zen": {"W1": 1.5, "W2": 1.2, "W3": 1.1}, "AVX-512/Zen": {"W1": 1.7, "W2": 1.1, "W3": 1.0},
            "elsewhere": {"W1": 2.0, "W2": 1.25, "W3": 1.2}}


def row(workload, ratio, **other):
    return {"workload": workload, "ratio": ratio, "spread": 0.01, "rounds": 41, "threads": 1, "allocations_per_step": 0.0,
            "blas_core": "Zen", "us_per_step": 20.0, **other}


def rows(w1=1.5, w2=1.2, w3=1.1, **other):
    return {name: row(name, ratio, **other) for name, ratio in (("W1", w1), ("W2", w2), ("W3", w3))}


class Complaints(unittest.TestCase):
    def wrong(self, *args, **other):
        return check.complaints(row(*args, **other), RECORDED)

    def test_as_recorded_or_faster(self):
        self.assertEqual(self.wrong("W1", 1.5), [])
        self.assertEqual(self.wrong("W1", 0.7), [])

    def test_ten_percent(self):
        self.assertEqual(self.wrong("W1", 1.649), [])
        self.assertEqual(self.wrong("W1", 1.66),
                         ["W1: ratio 1.660 +- 0.010, recorded 1.500 (Zen), limit 1.650"])

    def test_three_spreads_where_that_is_more(self):
        self.assertEqual(self.wrong("W1", 1.79, spread=0.1), [])
        self.assertEqual(len(self.wrong("W1", 1.81, spread=0.1)), 1)
        self.assertEqual(len(self.wrong("W1", 1.66, spread=0.04)), 1)

    def test_not_a_number(self):
        self.assertEqual(len(self.wrong("W1", float("nan"))), 1)

    def test_allocations(self):
        self.assertEqual(self.wrong("W2", 1.2, allocations_per_step=1 / 3),
                         ["W2: a step goes to the heap 0.333333 times, 0 are allowed"])

    def test_too_few_rounds(self):
        self.assertEqual(self.wrong("W2", 1.2, rounds=20), ["W2: 20 rounds, at least 21 are needed"])

    def test_threads(self):
        self.assertEqual(len(self.wrong("W2", 1.2, threads=2)), 1)

    def test_times_do_not_count(self):
        self.assertEqual(self.wrong("W2", 1.2, us_per_step=1e9), [])

    def test_kernels_have_ratios_of_their_own(self):
        self.assertEqual(self.wrong("W1", 1.8, isa="AVX-512"), [])
        self.assertEqual(len(self.wrong("W2", 1.25, isa="AVX-512")), 1)

    def test_unknown_kernels_are_held_against_what_is_promised(self):
        self.assertEqual(self.wrong("W1", 2.19, blas_core="Nehalem"), [])
        self.assertEqual(self.wrong("W1", 2.21, blas_core="Nehalem"),
                         ["W1: ratio 2.210 +- 0.010, recorded 2.000 (elsewhere), limit 2.200"])

    def test_nothing_recorded(self):
        self.assertEqual(check.complaints(row("W1", 1.0), {}), ["W1: no ratio is recorded"])


class Check(unittest.TestCase):
    def verdict(self, measured):
        self.out = io.StringIO()
        return check.check(measured, RECORDED, self.out)

    def test_all_well(self):
        self.assertTrue(self.verdict(rows()))
        self.assertIn("W3: ratio 1.100 +- 0.010, recorded 1.100 (Zen): ok\n", self.out.getvalue())

    def test_one_is_wrong(self):
        self.assertFalse(self.verdict(rows(w2=1.4)))
        self.assertIn("W2: ratio 1.400 +- 0.010, recorded 1.200 (Zen), limit 1.320\n", self.out.getvalue())

    def test_a_workload_is_missing(self):
        self.assertFalse(self.verdict({"W1": row("W1", 1.5)}))


class Program(unittest.TestCase):
    """The script itself, on a program that prints what it is told."""

    def run_check(self, printed, code=0, *options):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder, "rnn_step")
            program.write_text(f"#!/bin/sh\ncat <<'END'\n{printed}\nEND\nexit {code}\n")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
            self.ratios = pathlib.Path(folder, "ratios.json")
            self.ratios.write_text(json.dumps(RECORDED))
            done = subprocess.run([sys.executable, str(FOLDER / "check.py"), str(program), "--ratios", str(self.ratios),
                                   *options], capture_output=True, text=True)
            self.recorded = json.loads(self.ratios.read_text())
            return done

    def lines(self, **ratios):
        return "\n".join(json.dumps(r) for r in rows(**ratios).values())

    def test_exit_codes(self):
        self.assertEqual(self.run_check(self.lines()).returncode, 0)
        self.assertEqual(self.run_check(self.lines(w3=1.3)).returncode, 1)
        self.assertEqual(self.run_check(self.lines(), 1).returncode, 1)
        self.assertEqual(self.run_check("no JSON").returncode, 1)

    def test_record(self):
        self.assertEqual(self.run_check(self.lines(w3=1.3), 0, "--record").returncode, 0)
        self.assertEqual(self.recorded, {**RECORDED, "Zen": {"W1": 1.5, "W2": 1.2, "W3": 1.3}})

    def test_recorded_is_the_largest_of_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "ratios.json")
            check.record([rows(w1=1.5), rows(w1=1.8), rows(w1=1.6)], path)
            self.assertEqual(json.loads(path.read_text()), {"Zen": {"W1": 1.8, "W2": 1.2, "W3": 1.1}})

    def test_the_recorded_ratios_can_be_read(self):
        for ratios in json.loads((FOLDER / "ratios.json").read_text()).values():
            self.assertEqual(set(ratios), set(check.WORKLOADS))


class Table(unittest.TestCase):
    def test_rows(self):
        lines = table.ratio_table({"W1": {**row("W1", 1.234), "model": "tanh RNN", "us_per_step": 12.34,
                                          "us_per_step_hand": 10.0, "nodes": 89, "chars_per_second": 2e6}})
        self.assertEqual(lines[-1], "| W1 | tanh RNN | 12.3 | 10.0 | 1.23 ± 0.01 | 2,000 | 89 | 0 |")

    def test_peers(self):
        lines = table.peer_table({"W1": {"us_per_step": {"hand": 10.0, "tape": 12.34, "numpy float32": 1234.5},
                                         "ratio": {"hand": 1.0, "tape": 1.234, "numpy float32": 123.4},
                                         "spread": {"hand": 0.0, "tape": 0.05, "numpy float32": 3.0}}})
        self.assertEqual(lines, ["| | hand us | tape | numpy float32 |", "| --- | ---: | ---: | ---: |",
                                 "| W1 | 10.0 | 12.3 (1.23 ± 0.05) | 1,234.5 (123.40 ± 3.00) |"])

    def test_openblas_variables_are_taken_away(self):
        self.assertEqual(table.without_openblas({"OPENBLAS_CORETYPE": "Haswell", "PATH": "/bin"}), {"PATH": "/bin"})


if __name__ == "__main__":
    unittest.main()
