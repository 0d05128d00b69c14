#!/usr/bin/env python3
"""Training steps of a character RNN or LSTM in numpy, forward and backward pass written by hand: the notebook style, on
whole batches. The program `peers` starts it and tells it what to do.

It reads from its standard input a line of JSON, the first weights as float32, and the ids of a window as int32, inputs
and then targets, time-major. Then a command a line, each of which it answers in binary:

    step          takes a training step; its loss as float64
    time N        takes N; the CPU time of one in seconds as float64
    weights       all weights as float32, in the places where they came from
    gradients     the same of the last step, clipped

Where its input ends, it ends. Shapes: T steps, B streams, V characters, H hidden units.
"""
import json
import os
import sys
import time

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = "1"  # read when numpy is imported
import numpy as np  # noqa: E402


def one_hot(ids, count, dtype):
    rows = np.zeros((len(ids), count), dtype)
    rows[np.arange(len(ids)), ids] = 1
    return rows


def sigmoid(x):
    return 0.5 * np.tanh(0.5 * x) + 0.5


class Output:
    """The linear layer and the cross-entropy, summed over time and averaged over streams."""

    def __init__(self, w, b, w_bar, b_bar, batch):
        self.w, self.b, self.w_bar, self.b_bar, self.batch = w, b, w_bar, b_bar, batch

    def step(self, h, targets):
        """h (T*B, H); the loss and its gradient in h."""
        logits = h @ self.w + self.b
        logits -= logits.max(axis=1, keepdims=True)
        p = np.exp(logits)
        sums = p.sum(axis=1, keepdims=True)
        rows = np.arange(len(targets))
        loss = (np.log(sums[:, 0]) - logits[rows, targets]).sum() / self.batch
        p /= sums
        p[rows, targets] -= 1
        p /= self.batch
        np.matmul(h.T, p, out=self.w_bar)
        p.sum(axis=0, out=self.b_bar)
        return loss, p @ self.w.T


class Rnn:
    """h' = tanh(x W_ih + h W_hh + b), all time steps of one layer."""

    def __init__(self, weights, gradients, steps, batch):
        self.w_ih, self.w_hh, self.b = weights
        self.gradients = gradients
        self.steps, self.batch, self.hidden = steps, batch, self.w_hh.shape[0]
        self.h = np.zeros((steps + 1, batch, self.hidden), self.b.dtype)

    def forward(self, x):
        """x (T*B, inputs) to (T*B, H)."""
        self.h[0] = self.h[-1]
        rows = (x @ self.w_ih + self.b).reshape(self.steps, self.batch, self.hidden)
        for t in range(self.steps):
            np.tanh(rows[t] + self.h[t] @ self.w_hh, out=self.h[t + 1])
        return self.h[1:].reshape(-1, self.hidden)

    def backward(self, x, dh):
        """dh (T*B, H); assigns the gradients of the weights, and returns that of what is before tanh, (T*B, H)."""
        slope = 1 - self.h[1:] ** 2
        da = dh.reshape(slope.shape) * slope
        for t in range(self.steps - 1, 0, -1):
            da[t - 1] += (da[t] @ self.w_hh.T) * slope[t - 1]
        da = da.reshape(-1, self.hidden)
        self.assign(x, da)
        return da

    def assign(self, x, da):
        w_ih_bar, w_hh_bar, b_bar = self.gradients
        np.matmul(x.T, da, out=w_ih_bar)
        np.matmul(self.h[:-1].reshape(-1, self.hidden).T, da, out=w_hh_bar)
        da.sum(axis=0, out=b_bar)


class Lstm(Rnn):
    """(i, f, g, o) = x W_ih + h W_hh + b; c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c')."""

    def __init__(self, weights, gradients, steps, batch):
        super().__init__(weights, gradients, steps, batch)
        self.c = np.zeros_like(self.h)
        self.tanh_c = np.zeros((steps, batch, self.hidden), self.b.dtype)
        self.gates = np.zeros((steps, batch, 4 * self.hidden), self.b.dtype)

    def cut(self, gates):
        return (gates[:, k * self.hidden:(k + 1) * self.hidden] for k in range(4))

    def forward(self, x):
        self.h[0], self.c[0] = self.h[-1], self.c[-1]
        rows = (x @ self.w_ih + self.b).reshape(self.gates.shape)
        for t in range(self.steps):
            a = rows[t] + self.h[t] @ self.w_hh
            for gate, before, f in zip(self.cut(self.gates[t]), self.cut(a), (sigmoid, sigmoid, np.tanh, sigmoid)):
                gate[:] = f(before)
            i, f, g, o = self.cut(self.gates[t])
            self.c[t + 1] = f * self.c[t] + i * g
            np.tanh(self.c[t + 1], out=self.tanh_c[t])
            self.h[t + 1] = o * self.tanh_c[t]
        return self.h[1:].reshape(-1, self.hidden)

    def backward(self, x, dh):
        """The same, but before the gates: (T*B, 4*H)."""
        da = np.empty_like(self.gates)
        dh = dh.reshape(self.tanh_c.shape)
        later_h = later_c = 0
        for t in range(self.steps - 1, -1, -1):
            i, f, g, o = self.cut(self.gates[t])
            di, df, dg, do = self.cut(da[t])
            h = dh[t] + later_h
            c = later_c + h * o * (1 - self.tanh_c[t] ** 2)
            di[:] = c * g * i * (1 - i)
            df[:] = c * self.c[t] * f * (1 - f)
            dg[:] = c * i * (1 - g ** 2)
            do[:] = h * self.tanh_c[t] * o * (1 - o)
            later_h, later_c = da[t] @ self.w_hh.T, c * f
        da = da.reshape(-1, 4 * self.hidden)
        self.assign(x, da)
        return da


class Adagrad:
    """m += g^2; w -= rate g / sqrt(m + eps)."""

    def __init__(self, told, size):
        self.rate, self.eps = told["rate"], told["eps"]
        self.m = np.zeros(size, told["dtype"])

    def step(self, w, g):
        self.m += g * g
        w -= self.rate * g / np.sqrt(self.m + self.eps)


class Adam:
    """Kingma and Ba (2015), algorithm 1."""

    def __init__(self, told, size):
        self.rate, self.eps, self.betas, self.steps = told["rate"], told["eps"], told["betas"], 0
        self.m, self.v = np.zeros(size, told["dtype"]), np.zeros(size, told["dtype"])

    def step(self, w, g):
        self.steps += 1
        b1, b2 = self.betas
        self.m *= b1
        self.m += (1 - b1) * g
        self.v *= b2
        self.v += (1 - b2) * (g * g)
        w -= self.rate / (1 - b1 ** self.steps) * self.m / (np.sqrt(self.v / (1 - b2 ** self.steps)) + self.eps)


class Training:
    def __init__(self, told, weights, inputs, targets):
        self.told, self.inputs, self.targets = told, inputs, targets
        self.weights = weights.astype(told["dtype"])
        self.gradients = np.zeros_like(self.weights)
        w, g = self.views(self.weights), self.views(self.gradients)
        cell = Lstm if told["lstm_layers"] else Rnn
        self.layers = [cell(w[k:k + 3], g[k:k + 3], told["steps"], told["batch"]) for k in range(0, len(w) - 2, 3)]
        self.output = Output(*w[-2:], *g[-2:], told["batch"])
        self.update = (Adam if told["adam"] else Adagrad)(told, len(weights))

    def views(self, flat):
        ranges = [(a["offset"], a["shape"]) for a in self.told["arrays"]]
        return [flat[offset:offset + int(np.prod(shape))].reshape(shape) for offset, shape in ranges]

    def step(self):
        x = [one_hot(self.inputs, self.told["vocabulary"], self.told["dtype"])]
        for layer in self.layers:
            x.append(layer.forward(x[-1]))
        loss, dh = self.output.step(x[-1], self.targets)
        for k in range(len(self.layers) - 1, -1, -1):
            da = self.layers[k].backward(x[k], dh)
            if k > 0:
                dh = da @ self.layers[k].w_ih.T
        np.clip(self.gradients, -self.told["bound"], self.told["bound"], out=self.gradients)
        self.update.step(self.weights, self.gradients)
        return loss

    def time(self, count):
        start = time.process_time()  # of all threads, should there be several after all
        for _ in range(count):
            self.step()
        return (time.process_time() - start) / count


def main():
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    read = lambda count, dtype: np.frombuffer(source.read(4 * count), dtype, count)
    told = json.loads(source.readline())
    ids = told["steps"] * told["batch"]
    training = Training(told, read(told["size"], np.float32), read(ids, np.int32), read(ids, np.int32))
    while words := source.readline().decode().split():
        if words[0] == "step":
            answer = np.float64(training.step())
        elif words[0] == "time":
            answer = np.float64(training.time(int(words[1])))
        else:
            answer = {"weights": training.weights, "gradients": training.gradients}[words[0]].astype(np.float32)
        sink.write(answer.tobytes())
        sink.flush()


if __name__ == "__main__":
    main()
