"""Loads models from safetensors files into PyTorch's modules and compares their logits with those in the files.

    read_with_torch.py FILE...

A file has in its metadata `model` (rnn, lstm or gru), and beside the weights the tensors `ids` (T), `logits` (T, V) and
`vocab` (U32, which PyTorch has nothing to do with).
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

worst = 0.0
for path in sys.argv[1:]:
    with safe_open(path, framework="pt") as file:
        kind = file.metadata()["model"]
    tensors = load_file(path)
    vocabulary, hidden = tensors["head.weight"].shape
    layers = sum(name.startswith("rnn.weight_hh_l") for name in tensors)

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            cell = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind]
            self.rnn = cell(vocabulary, hidden, layers)
            self.head = torch.nn.Linear(hidden, vocabulary)

        def forward(self, x):
            return self.head(self.rnn(x)[0])

    model = Model()
    result = model.load_state_dict(tensors, strict=False)
    assert not result.missing_keys, result.missing_keys
    assert sorted(result.unexpected_keys) == ["ids", "logits", "vocab"], result.unexpected_keys
    with torch.no_grad():
        one_hot = torch.nn.functional.one_hot(tensors["ids"], vocabulary).float()
        difference = (model(one_hot) - tensors["logits"]).abs().max().item()
    assert difference <= 1e-5, f"{path}: logits differ by {difference}"
    worst = max(worst, difference)
print(len(sys.argv) - 1, "models agree to", worst)
