"""Reads a safetensors file with nothing but the format's description, and compares all of it with a listing.

    read_with_numpy.py FILE LISTING

A line of LISTING is a tensor, in the order of the file: its name (UTF-8 as hexadecimal digits), its dtype, its
dimensions, and its values as C prints them with %a or %lld, separated by tabs and blanks.
"""
import hashlib
import json
import struct
import sys

try:
    import numpy as np
except ImportError:
    print("skipped: there is no numpy for", sys.executable)
    sys.exit(0)

DTYPES = {"U8": "<u1", "U32": "<u4", "F32": "<f4", "F64": "<f8", "I64": "<i8"}

data = open(sys.argv[1], "rb").read()
(length,) = struct.unpack("<Q", data[:8])
header = json.loads(data[8 : 8 + length].decode("utf-8"))
buffer = data[8 + length :]
assert (8 + length) % 8 == 0, "data is not aligned"

metadata = header.pop("__metadata__")
digest = metadata["sha256"].encode()
assert data.count(digest) == 1
zeros = data.replace(digest, b"0" * 64)
assert hashlib.sha256(zeros).hexdigest().encode() == digest, "the digest is another"

listing = [line.rstrip("\n").split("\t") for line in open(sys.argv[2])]
assert [bytes.fromhex(name).decode("utf-8") for name, *_ in listing] == list(header), "names or their order"
end = 0
for name, dtype, shape, values in listing:
    entry = header[bytes.fromhex(name).decode("utf-8")]
    begin, end_of_entry = entry["data_offsets"]
    assert begin == end, "hole or overlap"
    end = end_of_entry
    assert entry["dtype"] == dtype and entry["shape"] == [int(n) for n in shape.split()]
    found = np.frombuffer(buffer[begin:end], dtype=DTYPES[dtype]).reshape(entry["shape"])
    parse = float.fromhex if dtype.startswith("F") else int
    wanted = np.array([parse(v) for v in values.split()], dtype=DTYPES[dtype]).reshape(entry["shape"])
    assert found.tobytes() == wanted.tobytes(), name
assert end == len(buffer)
print(len(listing), "tensors are equal")
