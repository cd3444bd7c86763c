"""Freed memory goes back to the system."""

import ctypes
import subprocess
import sys

import pytest

from thbscreen.engine.release import _trim, release

#: Frees 200 MiB in pieces that the C library keeps, behind one that stays; prints MiB before and after.
PROGRAM = """
import ctypes
from thbscreen.engine.release import release

def resident():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) // 256

c = ctypes.CDLL(None)
c.malloc.restype, c.malloc.argtypes, c.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
pieces = [c.malloc(100_000) for _ in range(2_000)]
for piece in pieces:
    ctypes.memset(piece, 1, 100_000)
for piece in pieces[:-1]:
    c.free(piece)
before = resident()
release()
print(before, resident())
"""


@pytest.mark.skipif(_trim() is None, reason="this C library keeps what it has")
def test_what_was_freed_is_given_back() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True).stdout
    before, after = map(int, told.split())
    assert before - after > 150


@pytest.mark.parametrize("error", [AttributeError, OSError, TypeError])
def test_a_c_library_without_the_call_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def none(_name: object) -> object:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", none)
    release()
