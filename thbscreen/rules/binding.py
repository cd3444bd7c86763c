"""Binds many rule files, on two cores where that is safe: reading the tests of a whole pack takes longest."""

from __future__ import annotations

import dataclasses
import gc
import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from thbscreen.rules.binder import bind_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from multiprocessing.connection import Connection

    from thbscreen.rules import ast, bundle
    from thbscreen.rules.ast import Unit
    from thbscreen.rules.context import Context

Bound = tuple["ast.Rule | None", "Context"]
#: Fewer files than this are read faster than a second process begins and sends its part.
WORTH_A_PROCESS = 40


def bind_files(
    files: Sequence[tuple[bytes, str, bool]],
    lists: Mapping[str, bundle.WordList],
    facts: Mapping[str, Unit] | None,
    broken_lists: Sequence[str] = (),
    *,
    apart: bool | None = None,
) -> list[Bound]:
    """Binds each file like `bind_file`, in order.

    Args:
        files: content and shown name of each, and whether its tests are in it (see `bind_file`).
        lists: the lists that rules may name.
        facts: units of the profile's facts; None takes any fact for money.
        broken_lists: names of lists that are there and cannot be used.
        apart: whether a second process reads half of them; None decides by number and safety. The outcome is
            the same either way.
    """

    def bind(part: Sequence[tuple[bytes, str, bool]]) -> list[Bound]:
        return [bind_file(data, name, lists, facts, broken_lists, tests=tests) for data, name, tests in part]

    if apart is None:
        apart = sum(tests for _, _, tests in files) >= WORTH_A_PROCESS and _may_fork()
    with _without_pauses():
        if not apart:
            return bind(files)
        return _on_two_cores(files, bind, lists)


def _may_fork() -> bool:
    """Only a process without threads may be copied; polars starts some as soon as it is imported."""
    return (
        hasattr(os, "fork")
        and "polars" not in sys.modules
        and threading.active_count() == 1
        and (os.cpu_count() or 1) > 1
    )


def _on_two_cores(
    files: Sequence[tuple[bytes, str, bool]],
    bind: Callable[[Sequence[tuple[bytes, str, bool]]], list[Bound]],
    lists: Mapping[str, bundle.WordList],
) -> list[Bound]:
    """Gives the second half to a copy of this process; what the copy cannot do is done here."""
    from multiprocessing import get_context  # noqa: PLC0415  # small packs do without it

    mine, other = files[: len(files) // 2], files[len(files) // 2 :]
    context = get_context("fork")
    here, there = context.Pipe(duplex=False)

    def send(end: Connection) -> None:
        end.send([(rule, dataclasses.replace(ctx, lists={})) for rule, ctx in bind(other)])
        end.close()

    process = context.Process(target=send, args=(there,), daemon=True)
    process.start()
    there.close()
    first = bind(mine)
    try:
        second: list[Bound] = here.recv()
    except EOFError:
        second = bind(other)
    process.join()
    for _, ctx in second:
        ctx.lists = lists
    return [*first, *second]


@contextmanager
def _without_pauses() -> Iterator[None]:
    """Keeps the collector of cycles still meanwhile: trees of nodes have none, and it walks all of them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
