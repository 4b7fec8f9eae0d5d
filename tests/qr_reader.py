"""A reader of QR codes written from ISO/IEC 18004 alone: versions 1 to 10, level M, bytes.

It knows nothing of the library that draws them, corrects nothing, and refuses what has an error.
"""

import numpy as np

# version → groups of blocks (number, data codewords of each), and check codewords of a block
BLOCKS = {
    1: (((1, 16),), 10),
    2: (((1, 28),), 16),
    3: (((1, 44),), 26),
    4: (((2, 32),), 18),
    5: (((2, 43),), 24),
    6: (((4, 27),), 16),
    7: (((4, 31),), 18),
    8: (((2, 38), (2, 39)), 22),
    9: (((3, 36), (2, 37)), 22),
    10: (((4, 43), (1, 44)), 26),
}
CENTRES = {
    1: (), 2: (6, 18), 3: (6, 22), 4: (6, 26), 5: (6, 30), 6: (6, 34), 7: (6, 22, 38),
    8: (6, 24, 42), 9: (6, 26, 46), 10: (6, 28, 50),
}  # fmt: skip
MASKS = (
    lambda i, j: (i + j) % 2 == 0,
    lambda i, j: i % 2 == 0,
    lambda i, j: j % 3 == 0,
    lambda i, j: (i + j) % 3 == 0,
    lambda i, j: (i // 2 + j // 3) % 2 == 0,
    lambda i, j: (i * j) % 2 + (i * j) % 3 == 0,
    lambda i, j: ((i * j) % 2 + (i * j) % 3) % 2 == 0,
    lambda i, j: ((i + j) % 2 + (i * j) % 3) % 2 == 0,
)
FORMAT_MASK = 0b101010000010010
LEVEL_M = 0b00
FINDER = [[x in (0, 6) or y in (0, 6) or (2 <= x <= 4 and 2 <= y <= 4) for x in range(7)]
          for y in range(7)]  # fmt: skip


def read(modules):
    """Return the text of a code: a square of booleans without its quiet zone, True is dark."""
    size = len(modules)
    version = (size - 17) // 4
    assert size == 17 + 4 * version
    for y, x in ((0, 0), (0, size - 7), (size - 7, 0)):
        assert (modules[y : y + 7, x : x + 7] == FINDER).all(), "no finder"
    level, mask = _format(modules)
    assert level == LEVEL_M
    bits = _bits(modules, version, MASKS[mask])
    return _text(_data([int("".join(bits[n : n + 8]), 2) for n in range(0, len(bits) - 7, 8)],
                       version), version)  # fmt: skip


def _format(modules):
    size = len(modules)
    first = [(8, x) for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [(y, 8) for y in (7, 5, 4, 3, 2, 1, 0)]
    second = [(size - 1 - n, 8) for n in range(7)] + [(8, size - 8 + n) for n in range(8)]
    values = [int("".join("01"[bool(modules[at])] for at in place), 2) for place in (first, second)]
    assert values[0] == values[1], "the two formats differ"
    value = values[0] ^ FORMAT_MASK
    rest = value
    for shift in range(4, -1, -1):
        if rest >> (shift + 10) & 1:
            rest ^= 0b10100110111 << shift
    assert rest == 0, "the format has an error"
    return value >> 13, value >> 10 & 0b111


def _bits(modules, version, mask):
    size = len(modules)
    taken = np.zeros((size, size), dtype=bool)
    taken[:9, :9] = taken[:9, -8:] = taken[-8:, :9] = True
    taken[6, :] = taken[:, 6] = True
    centres = CENTRES[version]
    corners = {(6, 6), (6, size - 7), (size - 7, 6)}
    for y in centres:
        for x in centres:
            if (y, x) not in corners:
                taken[y - 2 : y + 3, x - 2 : x + 3] = True
    if version >= 7:
        taken[:6, -11:-8] = taken[-11:-8, :6] = True
    bits, right, up = [], size - 1, True
    while right > 0:
        if right == 6:
            right -= 1
        for y in range(size - 1, -1, -1) if up else range(size):
            places = [(y, x) for x in (right, right - 1) if not taken[y, x]]
            bits += ["01"[bool(modules[at]) ^ mask(*at)] for at in places]
        right, up = right - 2, not up
    return bits


def _data(codewords, version):
    groups, checks = BLOCKS[version]
    sizes = [size for count, size in groups for _ in range(count)]
    stream = iter(codewords)
    blocks = [[] for _ in sizes]
    for place in range(max(sizes)):
        for block, size in zip(blocks, sizes, strict=True):
            if place < size:
                block.append(next(stream))
    for _ in range(checks):
        for block in blocks:
            block.append(next(stream))
    for block in blocks:
        assert not any(_syndromes(block, checks)), "a block has an error"
    return [word for block, size in zip(blocks, sizes, strict=True) for word in block[:size]]


def _syndromes(block, checks):
    root = 1
    for _ in range(checks):
        value = 0
        for word in block:
            value = _times(value, root) ^ word
        yield value
        root = _times(root, 2)


def _times(a, b):
    """Multiply in the field of 256 elements of x⁸ + x⁴ + x³ + x² + 1."""
    found = 0
    while b:
        if b & 1:
            found ^= a
        a = (a << 1) ^ (0x11D if a & 0x80 else 0)
        b >>= 1
    return found


def _text(words, version):
    bits = "".join(f"{word:08b}" for word in words)
    assert bits[:4] == "0100", "not bytes"
    width = 8 if version < 10 else 16
    count = int(bits[4 : 4 + width], 2)
    body = bits[4 + width :][: 8 * count]
    return bytes(int(body[n : n + 8], 2) for n in range(0, len(body), 8)).decode("utf-8")
