#!/usr/bin/env python3
"""Runs the benchmarks and prints their tables in Markdown, with the machine and the versions that they belong to.

    tests/benchmarks/table.py build/release/tests/benchmarks > table.md

OpenBLAS chooses its kernels as the environment tells it; where variables OPENBLAS_* are set, the workloads are measured
once more without them. Where the peers are built (XGRAD_BUILD_PEERS), they have a table too.
"""
import argparse
import json
import os
import pathlib
import platform
import re
import subprocess
import sys

import check

WORKLOADS = ("W1", "W2", "W3", "W4", "W5")
PACKAGES = ("libopenblas0-pthread", "libxtensor-dev", "libxtensor-blas-dev", "libxsimd-dev", "libbenchmark-dev")
PEERS = ("libtorch-dev", "python3-numpy")


def without_openblas(env):
    return {name: value for name, value in env.items() if not name.startswith("OPENBLAS_")}


def first_match(path, pattern, otherwise="unknown"):
    try:
        found = re.search(pattern, pathlib.Path(path).read_text(), re.MULTILINE)
    except OSError:
        return otherwise
    return found.group(1).strip() if found else otherwise


def version_of(package):
    try:
        done = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 and done.stdout else None


def versions_of(packages):
    return ", ".join(f"{package} {version}" for package in packages if (version := version_of(package)))


def machine(row):
    """What all figures belong to: lines of Markdown."""
    flags = first_match("/proc/cpuinfo", r"^flags\s*:(.*)$", "").split()
    sets = [name for flag, name in (("avx2", "AVX2"), ("fma", "FMA"), ("avx512f", "AVX-512")) if flag in flags]
    return [
        f"- Machine: {first_match('/proc/cpuinfo', r'^model name.*:(.*)$')}, {os.cpu_count()} processors, "
        f"{' '.join(sets) or platform.machine()}; {first_match('/etc/os-release', r'^PRETTY_NAME=.(.*).$')}, "
        f"Linux {platform.release()}",
        f"- Compiler: {row['compiler']}; {versions_of(PACKAGES)}",
    ]


def ratio_table(rows):
    lines = ["| | model | tape us | hand us | ratio | thousand chars/s | nodes | mallocs |",
             "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for name, r in rows.items():
        lines.append(f"| {name} | {r['model']} | {r['us_per_step']:,.1f} | {r['us_per_step_hand']:,.1f} | "
                     f"{r['ratio']:.2f} ± {r['spread']:.2f} | {r['chars_per_second'] / 1e3:,.0f} | {r['nodes']} | "
                     f"{r['allocations_per_step']:g} |")
    return lines


def workloads(folder, rounds, env, heading):
    rows = check.measure(folder / "rnn_step", WORKLOADS, rounds, env)
    one = next(iter(rows.values()))
    kernels = f"OpenBLAS's kernels: {one['blas_core']}" + (f"; our own: {one['isa']}" if "isa" in one else "")
    about = (f"One step is forward, backward, clipping and the update (W5 Adam, else Adagrad), in float, on one thread, CPU "
             f"time. Tape and hand-written step take turns in {rounds} rounds: medians of the times, median of the rounds' "
             f"ratios ± half the distance between their quartiles. Mallocs are those of one step on the tape. {kernels}.")
    return one, ["", f"## {heading}", "", about, "", *ratio_table(rows)]


def peer_table(rows):
    names = list(next(iter(rows.values()))["ratio"])
    lines = ["| | " + " | ".join(f"{name} us" if name == "hand" else name for name in names) + " |",
             "| --- |" + " ---: |" * len(names)]
    for workload, r in rows.items():
        cells = [f"{r['us_per_step'][name]:,.1f}" + ("" if name == "hand" else
                 f" ({r['ratio'][name]:,.2f} ± {r['spread'][name]:.2f})") for name in names]
        lines.append(f"| {workload} | " + " | ".join(cells) + " |")
    return lines


def peers(program, rounds, env, heading):
    rows = check.measure(program, WORKLOADS, rounds, env)
    one = next(iter(rows.values()))
    about = (f"The same training steps in other libraries, on one thread, CPU time in us: in {rounds} rounds all take turns, "
             f"and behind the median of the times is the ratio to the hand-written step, as above. Of libtorch one model is "
             f"of single ops, as on the tape, the other of its RNN or LSTM module. {versions_of(PEERS)}; libtorch's own "
             f"kernels: {one['torch_isa']}; OpenBLAS's: {one['blas_core']}.")
    return ["", f"## {heading}", "", about, "", *peer_table(rows)]


def google(folder, program):
    """The lines of a Google Benchmark program: name without what Google adds, and counters."""
    done = subprocess.run([str(folder / program), "--benchmark_format=json"], capture_output=True, text=True)
    if done.returncode != 0:
        raise check.Problem(f"{program} ended with {done.returncode}: {done.stderr.strip()}")
    return {re.sub(r"/min_time:.*", "", b["name"]): b for b in json.loads(done.stdout)["benchmarks"]}


def node_cost(folder):
    costs = google(folder, "node_cost")
    sizes = sorted({int(name.rsplit(":", 1)[1]) for name in costs})
    lines = ["", "## A node of the tape", "",
             "A chain of 1,000 equal ops on n elements in float, CPU time in ns a node: forward and backward (forward alone).",
             "", "| op | " + " | ".join(f"n = {n:,}" for n in sizes) + " | mallocs |",
             "| --- |" + " ---: |" * (len(sizes) + 1)]
    for op in ("add", "mul", "tanh"):
        both = [costs[f"forward_backward/{op}/n:{n}"] for n in sizes]
        forward = [costs[f"forward/{op}/n:{n}"] for n in sizes]
        cells = [f"{1e9 * b['time/node']:,.0f} ({1e9 * f['time/node']:,.0f})" for b, f in zip(both, forward)]
        lines.append(f"| {op} | " + " | ".join(cells) + f" | {max(b['mallocs/node'] for b in both):g} |")
    return lines


def products(folder):
    """Our kernel of few rows over OpenBLAS, by rows of a and by terms."""
    found = {}
    for name, b in google(folder, "products").items():
        if name.startswith("crossover/"):
            m, n, k = map(int, name.split("/")[1].split("x"))
            found[n, k, m] = f"{b['ratio']:.2f}"
    heights = sorted({m for _, _, m in found})
    lines = ["", "## Products of few rows", "",
             "c = a b with a (m, k) and b (k, n), in float: the time of our own kernel over that of OpenBLAS called directly "
             "(gemv for one row), CPU time, medians of 21 rounds in turns. `multiply` takes our own for m <= 64 or k <= 256.",
             "", "| n | k | " + " | ".join(f"m = {m}" for m in heights) + " |", "| ---: | ---: |" + " ---: |" * len(heights)]
    for n, k in sorted({(n, k) for n, k, _ in found}):
        lines.append(f"| {n} | {k} | " + " | ".join(found[n, k, m] for m in heights) + " |")
    return lines


def growth(folder):
    lines = ["", "## Growth with the number of time steps", "",
             "Tanh RNN, V 67, H 100, one stream, in float, CPU time; 21 rounds in turns.", "",
             "| T | tape us | tape us/char | hand us | hand us/char | ratio | tape KB |",
             "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for name, b in google(folder, "growth").items():
        lines.append(f"| {name.rsplit(':', 1)[1]} | {b['tape_us']:,.1f} | {b['tape_us/char']:.2f} | {b['hand_us']:,.1f} | "
                     f"{b['hand_us/char']:.2f} | {b['ratio']:.2f} ± {b['spread']:.2f} | {b['tape_KB']:,.0f} |")
    return lines


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="of the programs: build/release/tests/benchmarks")
    parser.add_argument("--rounds", type=int, default=41, help="of each workload, at least 21 (default 41)")
    options = parser.parse_args(argv)
    env, bare = dict(os.environ), without_openblas(os.environ)
    try:
        set_here = ", ".join(f"{name}={env[name]}" for name in sorted(env.keys() - bare.keys()))
        row, lines = workloads(options.folder, options.rounds, env, "Training steps" + (f", {set_here}" if set_here else ""))
        if set_here:
            lines += workloads(options.folder, options.rounds, bare, "Training steps, OPENBLAS_* unset")[1]
        # Peers with the kernels that OpenBLAS chooses itself: their products are all its.
        peer_program = options.folder / "peers" / "peers"
        if peer_program.exists():
            lines += peers(peer_program, options.rounds, bare, "Peers")
        lines += node_cost(options.folder) + products(options.folder) + growth(options.folder)
        print("\n".join(["# Benchmarks", "", *machine(row), *lines]))
        return 0
    except check.Problem as problem:
        print(f"table.py: error: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
