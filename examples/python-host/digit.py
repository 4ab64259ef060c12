"""Reads a digit with a pruned network and no JavaScript: the ABI of docs/runtime.md, from Python.

usage: python3 digit.py lopper-simd128.wasm model.lop digit.pgm
"""

import struct
import sys
import time
from pathlib import Path

from wasmtime import Engine, Instance, Module, Store

INPUT, OUTPUT = 0, 1
RUNS = 1000

wasm, model, image = sys.argv[1:]
store = Store(Engine())
exports = Instance(store, Module.from_file(store.engine, wasm), []).exports(store)
memory = exports["memory"]
reserve, load, describe, run, error = (
    lambda *args, call=exports[name]: call(store, *args) for name in ("reserve", "load", "describe", "run", "error")
)

file = Path(model).read_bytes()
room = reserve(len(file))
memory.write(store, file, room)
if load(room, len(file), 1):
    code, place, expected, got = struct.unpack("<iidd", memory.read(store, error(), error() + 24))
    sys.exit(f"{model}: error {code} at {place}: expected {expected:g}, got {got:g} (docs/runtime.md, Errors)")

# The first two words of a tensor's record: where its data lies, and how many bytes.
x, x_bytes = struct.unpack("<II", memory.read(store, describe(INPUT, 0), describe(INPUT, 0) + 8))
y, y_bytes = struct.unpack("<II", memory.read(store, describe(OUTPUT, 0), describe(OUTPUT, 0) + 8))

magic, _columns, _rows, most, *pixels = Path(image).read_text().split()
if magic != "P2" or most != "255" or len(pixels) != x_bytes // 4:
    sys.exit(f"{image}: expected a plain PGM (P2) of {x_bytes // 4} pixels, 0 to 255, got {magic} of {len(pixels)}")
memory.write(store, struct.pack(f"<{len(pixels)}f", *(int(pixel) / 255 for pixel in pixels)), x)

begin = time.perf_counter()
for _ in range(RUNS):
    run(0, -1)
us = (time.perf_counter() - begin) / RUNS * 1e6

scores = struct.unpack(f"<{y_bytes // 4}f", memory.read(store, y, y + y_bytes))
for i, score in enumerate(scores):
    print(f"{i} {score:.9g}")
best = scores.index(max(scores))
print(f"digit {best}, score {scores[best]:.3f}, {us:.1f} us a run")
