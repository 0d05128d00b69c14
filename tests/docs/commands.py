#!/usr/bin/env python3
"""Runs the shell blocks of a page: commands.py PAGE FOLDER, FOLDER being where the programs are that it calls.

The page's text is not at hand, so a small one has its name, and what takes minutes gets two seconds.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TEXT = "ROMEO:\nSo many fishes swam, so few of them came home.\n\nJULIET:\nThen let us wait; the night is long, my love.\n\n"


def main():
    page, programs = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    blocks = re.findall(r"^```sh\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines() if line.strip()]
    if not commands:
        sys.exit(f"{page} has no shell blocks")
    env = dict(os.environ, PATH=f"{programs}{os.pathsep}{os.environ['PATH']}")
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "tinyshakespeare.txt").write_text(TEXT * 400)
        for command in commands:
            command = re.sub(r"--seconds \d+", "--seconds 2", command)
            done = subprocess.run(["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True)
            print(f"$ {command}\n{done.stdout[-300:]}{done.stderr[-300:]}")
            if done.returncode != 0:
                sys.exit(f"it ended with {done.returncode}")


if __name__ == "__main__":
    main()
