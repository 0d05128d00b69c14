"""Loads models from safetensors files into PyTorch's modules and compares what they compute.

    read_with_torch.py FILE...
    read_with_torch.py --runs (FILE TEXT NATS)...

A FILE has in its metadata `model` (rnn, lstm or gru). Beside the weights it has, in the first form, the tensors `ids` (T),
`logits` (T, V), which are to be had again, and `vocab` (U32, which PyTorch has nothing to do with). In the second form it is
a checkpoint of char_rnn, and NATS per character is what `char_rnn eval FILE TEXT` says: every symbol but the first once,
from a state of zeros.
"""
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
    def __init__(self, kind, tensors):
        super().__init__()
        self.vocabulary, hidden = tensors["head.weight"].shape
        layers = sum(name.startswith("rnn.weight_hh_l") for name in tensors)
        cell = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind]
        self.embed = torch.nn.Embedding(*tensors["embed.weight"].shape) if "embed.weight" in tensors else None
        self.rnn = cell(self.embed.embedding_dim if self.embed else self.vocabulary, hidden, layers)
        self.head = torch.nn.Linear(hidden, self.vocabulary)

    def forward(self, ids):
        x = self.embed(ids) if self.embed else torch.nn.functional.one_hot(ids, self.vocabulary).float()
        return self.head(self.rnn(x)[0])


def load(path, besides):
    """The model, and all tensors; of these there must be such kinds besides the weights."""
    with safe_open(path, framework="pt") as file:
        kind = file.metadata()["model"]
    tensors = load_file(path)
    model = Model(kind, tensors)
    result = model.load_state_dict(tensors, strict=False)
    assert not result.missing_keys, result.missing_keys
    assert {name.split(".")[0] for name in result.unexpected_keys} == besides, result.unexpected_keys
    return model, tensors


def difference_of_logits(path):
    model, tensors = load(path, {"ids", "logits", "vocab"})
    return (model(tensors["ids"]) - tensors["logits"]).abs().max().item()


def difference_of_loss(path, text, nats):
    model, tensors = load(path, {"vocab", "state", "rng", "optimizer", "history"})
    place = {int(symbol): i for i, symbol in enumerate(tensors["vocab"])}
    ids = torch.tensor([place[ord(c)] for c in open(text, encoding="utf-8", newline="").read()])
    return abs(torch.nn.functional.cross_entropy(model(ids[:-1]), ids[1:]).item() - float(nats))


with torch.no_grad():
    if sys.argv[1] == "--runs":
        what = "runs"
        all = {args[0]: difference_of_loss(*args) for args in zip(sys.argv[2::3], sys.argv[3::3], sys.argv[4::3])}
    else:
        what = "models"
        all = {path: difference_of_logits(path) for path in sys.argv[1:]}
for path, difference in all.items():
    assert difference <= 1e-5, f"{path} differs by {difference}"
print(len(all), what, "agree to", max(all.values()))
