#!/usr/bin/env python3
"""Runs the shell blocks of a page: commands.py PAGE FOLDER, FOLDER being where the programs are that it calls.

One of the page's texts is not at hand, so a small one has its name; of the other, the beginning will do. What takes minutes
gets two seconds. The page must also name every option of the verbs that have many, and show no picture that is not there.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TEXT = "ROMEO:\nSo many fishes swam, so few of them came home.\n\nJULIET:\nThen let us wait; the night is long, my love.\n\n"
ENOUGH = 100_000  # bytes of a text


def absent(page, folder):
    """What the page does not say of the programs in the folder, or shows in vain."""
    text = page.read_text()
    for verb in ("train", "sample", "eval", "visualize"):
        help_text = subprocess.run([folder / "char_rnn", verb, "--help"], capture_output=True, text=True, check=True).stdout
        options = re.findall(r"^  (--[a-z0-9-]+)", help_text, re.MULTILINE)
        if not options:
            yield f"options of {verb} in its help"
        for option in options:
            if option != "--help" and not re.search(re.escape(option) + r"(?![a-z0-9-])", text):
                yield f"option {option} of {verb}"
    for picture in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text):
        if not (page.parent / picture).is_file():
            yield f"picture {picture}"


def main():
    page, programs = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    blocks = re.findall(r"^```sh\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines() if line.strip()]
    if not commands:
        sys.exit(f"{page} has no shell blocks")
    if wanting := list(absent(page, programs)):
        sys.exit(f"{page} lacks {', '.join(wanting)}")
    env = dict(os.environ, PATH=f"{programs}{os.pathsep}{os.environ['PATH']}")
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "tinyshakespeare.txt").write_text(TEXT * 400)
        for command in commands:
            command = re.sub(r"--seconds \d+", "--seconds 2", command)
            done = subprocess.run(["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True)
            print(f"$ {command}\n{done.stdout[-300:]}{done.stderr[-300:]}")
            if done.returncode != 0:
                sys.exit(f"it ended with {done.returncode}")
            for text in pathlib.Path(folder).glob("*.txt"):
                os.truncate(text, min(text.stat().st_size, ENOUGH))


if __name__ == "__main__":
    main()
