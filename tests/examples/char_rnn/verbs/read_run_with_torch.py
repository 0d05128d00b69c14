"""Loads checkpoints of char_rnn into PyTorch's modules, and scores texts with them.

    read_run_with_torch.py (FILE TEXT NATS)...

NATS per character is what `char_rnn eval FILE TEXT` says: every symbol but the first once, from a state of zeros.
"""
import json
import sys

for name in ("safetensors", "torch"):
    try:
        __import__(name)
    except ImportError:
        print("skipped: there is no", name, "for", sys.executable)
        sys.exit(0)

import torch

if not hasattr(torch, "uint32"):
    print("skipped: there is no torch 2.3 for", sys.executable, "but", torch.__version__, "which has no uint32")
    sys.exit(0)

from safetensors import safe_open
from safetensors.torch import load_file


class Model(torch.nn.Module):
    def __init__(self, settings, vocabulary):
        super().__init__()
        width, hidden = int(settings["embedding"]), int(settings["hidden"])
        self.embed = torch.nn.Embedding(vocabulary, width) if width else None
        self.vocabulary = vocabulary
        cell = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[settings["model"]]
        self.rnn = cell(width or vocabulary, hidden, int(settings["layers"]))
        self.head = torch.nn.Linear(hidden, vocabulary)

    def forward(self, ids):
        x = self.embed(ids) if self.embed else torch.nn.functional.one_hot(ids, self.vocabulary).float()
        return self.head(self.rnn(x)[0])


worst = 0.0
runs = list(zip(sys.argv[1::3], sys.argv[2::3], sys.argv[3::3]))
for path, text, nats in runs:
    with safe_open(path, framework="pt") as file:
        settings = json.loads(file.metadata()["settings"])
    tensors = load_file(path)
    symbols = [int(symbol) for symbol in tensors["vocab"]]
    model = Model(settings, len(symbols))
    result = model.load_state_dict(tensors, strict=False)
    assert not result.missing_keys, result.missing_keys
    kinds = {name.split(".")[0] for name in result.unexpected_keys}
    assert kinds == {"vocab", "state", "rng", "optimizer", "history"}, kinds
    place = {symbol: i for i, symbol in enumerate(symbols)}
    ids = torch.tensor([place[ord(c)] for c in open(text, encoding="utf-8", newline="").read()])
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(model(ids[:-1]), ids[1:]).item()
    difference = abs(loss - float(nats))
    assert difference <= 1e-5, f"{path}: {loss} nats per character, not {nats}"
    worst = max(worst, difference)
print(len(runs), "runs agree to", worst)
