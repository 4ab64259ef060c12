"""Reads a digit with a pruned network: the runtime's ABI (docs/runtime.md) from Python, on wasmtime.

usage: python3 digit.py lopper-simd128.wasm model.lop digit.pgm
"""

import struct
import sys
import time
from pathlib import Path

from wasmtime import Instance, Module, Store

INPUT, OUTPUT = 0, 1
RUNS = 1000


def read(layout, at):
    """What lies at an offset of the runtime's memory, as `struct` names it."""
    return struct.unpack(layout, memory.read(store, at, at + struct.calcsize(layout)))


if len(sys.argv) != 4:
    sys.exit(__doc__)
wasm, model, image = sys.argv[1:]
store = Store()
exports = Instance(store, Module.from_file(store.engine, wasm), []).exports(store)
memory = exports["memory"]

file = Path(model).read_bytes()
room = exports["reserve"](store, len(file))
memory.write(store, file, room)
if exports["load"](store, room, len(file), 1):
    code, place, expected, got = read("<iidd", exports["error"](store))
    sys.exit(f"{model}: error {code} at {place}: expected {expected:g}, got {got:g}; see docs/runtime.md, Errors")
x, x_bytes, x_dtype = read("<III", exports["describe"](store, INPUT, 0))
y, y_bytes, y_dtype = read("<III", exports["describe"](store, OUTPUT, 0))
if x_dtype or y_dtype:
    sys.exit(f"{model}: expected f32 input and output")

# A plain PGM's pixels 0..255, as the numbers 0..1 that this network was trained on.
kind, *numbers = Path(image).read_text().split()
if kind != "P2" or numbers[2:3] != ["255"] or len(numbers) - 3 != x_bytes // 4:
    sys.exit(f"{image}: expected a plain PGM (P2) of {x_bytes // 4} pixels 0..255")
pixels = [int(number) / 255 for number in numbers[3:]]
memory.write(store, struct.pack(f"<{len(pixels)}f", *pixels), x)

begin = time.perf_counter()
for _ in range(RUNS):
    exports["run"](store, 0, -1)
us = (time.perf_counter() - begin) / RUNS * 1e6

scores = read(f"<{y_bytes // 4}f", y)
for i, score in enumerate(scores):
    print(f"{i} {score:.9g}")
best = scores.index(max(scores))
print(f"digit {best}, score {scores[best]:.3f}, {us:.1f} us a run")
