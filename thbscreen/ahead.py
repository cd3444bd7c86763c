"""Work on the next pieces while the caller is busy with the last one; the order stays the same."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import TYPE_CHECKING, Generic, TypeVar

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_In = TypeVar("_In")
_Out = TypeVar("_Out")
#: Pieces that wait at most, done or not.
WAITING = 2


def in_order(work: Callable[[_In], _Out], pieces: Iterable[_In], threads: int = 1) -> Iterator[_Out]:
    """Gives the results of work on pieces, in their order; the kernels let go of the interpreter meanwhile.

    Pieces are fetched by the caller's thread. Failures come where the result would have come; where fetching
    fails, after the results of all pieces before.

    Args:
        work: on one piece.
        pieces: to work on.
        threads: that work besides the caller's; none where polars has one thread only.
    """
    if pl.thread_pool_size() < 2:
        yield from map(work, pieces)
        return
    pool = ThreadPoolExecutor(threads, thread_name_prefix="thbscreen-ahead")
    waiting: deque[Future[_Out]] = deque()
    failure: Exception | None = None
    source = iter(pieces)
    try:
        while True:
            try:
                piece = next(source)
            except StopIteration:
                break
            except Exception as error:  # is raised in its turn
                failure = error
                break
            waiting.append(pool.submit(work, piece))
            while len(waiting) > WAITING or (waiting and waiting[0].done()):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        if failure is not None:
            raise failure
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class Beside(Generic[_Out]):
    """One piece of work that is done beside others, and awaited when its result is asked for.

    Its thread holds nobody up who leaves before.
    """

    def __init__(self, work: Callable[[], _Out]) -> None:
        """Begins at once."""
        self._done: Future[_Out] = Future()
        self._work = work
        Thread(target=self._run, name="thbscreen-beside", daemon=True).start()

    def _run(self) -> None:
        try:
            self._done.set_result(self._work())
        except BaseException as error:  # is raised where the result is asked for
            self._done.set_exception(error)

    def result(self) -> _Out:
        """Waits; raises what the work raised."""
        return self._done.result()
