"""Threads that share the worlds of a batch.

The calling thread offers a fused function and takes pieces of the batch itself; awake workers take pieces
too. Nobody waits for a worker that has not begun: one that sleeps or comes too late costs nothing, and the
work is done without it. All of this happens in compiled code, without the interpreter lock.
"""

import operator
import os
import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import ParameterError
from murk_env.kernels.compiler import kernel
from murk_env.kernels.fused import Fused, address
from murk_env.kernels.native import call_at, callable_at, fetch_add, load, put, store, word, yield_processor
from murk_env.kernels.numba_internals import address_of
from murk_env.kernels.parts import ThreadFailedError

__all__ = ["ThreadedRunner", "num_processors", "thread_count"]

# Words of the box through which threads communicate; those with several writers are on separate cache lines.
_LINE = 8  # words
_EPOCH, _STOP = 0, 1
_FUNCTION, _TABLE, _COUNT, _PIECE, _SHARES, _FAILED, _OPEN = range(8, 15)
_BUSY, _ASLEEP = 16, 24
_NEXT, _SEEN = 32, 33  # a line for each thread: the part taken of its share, the last job that it saw

_PER_PROCESSOR = 16  # threads; more must be a mistake: beyond one each they only wait for each other
_PIECES = 8  # per share: a thread that is done waits at most for one piece of each other thread
_SPINS = 100_000  # how often an idle worker looks for work, some 0.1 ms, before it sleeps
_PATIENCE = 500  # polls, some microseconds, after which the caller that waits for a worker yields
_YIELD_EVERY = 100  # polls of an idle worker
_BYTES_PER_THREAD = 1 << 19  # of worlds: with less, a thread saves no time (docs/decisions/threads.md)


class ThreadedRunner:
    """Runs fused functions on several threads.

    Args:
        num_threads: number of threads, including the calling one; None for one per processor, but at most one
            per 512 kB of worlds.
        batch_bytes: memory of all worlds, times the number of sub-steps.

    Attributes:
        num_threads: number of threads, including the calling one.
        alone: whether only the calling thread runs them.
    """

    def __init__(self, num_threads: int | None, batch_bytes: int) -> None:
        enough = max(1, batch_bytes // _BYTES_PER_THREAD)
        self.num_threads = num_threads or min(num_processors(), enough)
        self.alone = self.num_threads == 1
        self._crew: _Crew | None = None

    def run(self, fused: Fused, num_worlds: int) -> None:
        """Run the worlds [0, num_worlds); not to be called if `alone`.

        Raises:
            ThreadFailedError: the function raised on some thread; the worlds are incomplete.
            Exception: the function's own error, if only this thread ran it.
        """
        machine_code = fused.machine_code
        if num_worlds == 1 or not machine_code:
            fused.function(fused.address, 0, num_worlds)
            return
        piece = max(1, min(fused.block, num_worlds // (_PIECES * self.num_threads)))
        try:
            if self._crew is None or self._crew.pid != os.getpid():  # a fork leaves the threads behind
                self._crew = _Crew(self.num_threads - 1)
                self._crew.start()
            done = self._crew.share(machine_code, fused.address, num_worlds, piece)
        except BaseException:  # such as an interrupt at any point: the next run starts a new crew
            self.close()
            raise
        if not done:
            raise ThreadFailedError

    @property
    def num_workers(self) -> int:
        """Number of threads that have been started, without the calling one."""
        return 0 if self._crew is None else len(self._crew.threads)

    def close(self) -> None:
        """Stop the threads; a later run starts new ones."""
        crew, self._crew = self._crew, None  # first: an interrupt may come during the wait
        if crew is not None:
            crew.close()


_Wake = SimpleQueue[None]  # unlike a Semaphore, an interrupt cannot leave it inconsistent


class _Crew:
    """Workers, and the box through which they get their jobs.

    There may be fewer than requested, or none, if the system has no more threads.

    Attributes:
        pid: the process that owns the threads.
        threads: the workers.
    """

    def __init__(self, num_workers: int) -> None:
        self.pid = os.getpid()
        self.threads: list[threading.Thread] = []
        self._num_workers = num_workers
        self._box = np.zeros(_NEXT + _LINE * (num_workers + 1), np.int64)
        self._box[_SHARES] = 1
        self._wake = _Wake()
        self._address = address(self._box)
        self._finalizer = weakref.finalize(self, _stop, self._box, self._wake, num_workers)

    def start(self) -> None:
        """Start as many workers as the system allows."""
        machine_code = address_of(_serve)
        for number in range(1, self._num_workers + 1 if machine_code else 1):
            arguments = callable_at(machine_code), self._box, self._wake, number
            thread = threading.Thread(
                target=_work_until_stopped, args=arguments, name="murk-env worker", daemon=True
            )
            try:
                thread.start()
            except RuntimeError as error:
                if isinstance(error.__context__, KeyboardInterrupt):  # it came while `start` waited
                    raise error.__context__ from None
                return
            self.threads.append(thread)
            self._box[_SHARES] = number + 1

    def share(self, function: int, table: int, num_worlds: int, piece: int) -> bool:
        """Run `function(table, start, stop)` on pieces of the worlds, with the workers that are awake.

        Returns:
            Whether no piece raised.
        """
        asleep = min(int(self._box[_ASLEEP]), len(self.threads))
        for _ in range(asleep):
            self._wake.put(None)
        _share(self._address, function, table, num_worlds, piece, asleep)
        return not self._box[_FAILED]

    def close(self) -> None:
        """Stop the workers and wait until they have ended."""
        _stop(self._box, self._wake, self._num_workers)
        self._finalizer.detach()  # only now: it finishes the work after an interrupt
        for thread in self.threads:
            thread.join()


def num_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def thread_count(number: Any) -> int | None:
    """Return a number of threads, None for the number that suits the size of the batch.

    Raises:
        ParameterError: it is not an integer >= 1, or is more than 16 per processor.
    """
    if number is None:
        return None
    try:
        threads = 0 if isinstance(number, bool) else operator.index(number)
    except TypeError:
        threads = 0
    if threads < 1:
        raise ParameterError(f"num_threads must be a number of threads, at least 1, or None, not {number!r}.")
    most = _PER_PROCESSOR * num_processors()
    if threads > most:
        raise ParameterError(
            f"num_threads={number!r} is more than {most}, {_PER_PROCESSOR} for each processor; leave it out "
            f"for as many threads as the batch is large enough for."
        )
    return threads


def _stop(box: npt.NDArray[np.int64], wake: _Wake, num_workers: int) -> None:
    box[_STOP] = 1
    for _ in range(num_workers):
        wake.put(None)


def _work_until_stopped(
    serve: Callable[[int, int, int], bool], box: npt.NDArray[np.int64], wake: _Wake, number: int
) -> None:
    """Run a worker: it calls machine code at its address, and sleeps; it never enters numba."""
    table = address(box)
    while not box[_STOP]:
        serve(table, number, _SPINS)
        wake.get()


@kernel
def _share(box: int, function: int, table: int, num_worlds: int, piece: int, woken: int) -> None:
    """Offer a job, take part in it, and wait for workers that are busy with their last piece.

    This is one call, in which no interrupt is handled, since workers write into the arena.
    """
    put(box, _FUNCTION, function)
    put(box, _TABLE, table)
    put(box, _COUNT, num_worlds)
    put(box, _PIECE, piece)
    put(box, _FAILED, 0)
    for share in range(word(box, _SHARES)):
        store(box, _NEXT + _LINE * share, 0)
    store(box, _OPEN, 1)
    fetch_add(box, _EPOCH, 1)
    fetch_add(box, _ASLEEP, -woken)
    _take_pieces(box, 0)
    store(box, _OPEN, 0)
    waited = 0
    while load(box, _BUSY) > 0:
        waited += 1
        if waited > _PATIENCE:
            yield_processor()  # the worker may be waiting for this processor


@kernel
def _take_pieces(box: int, number: int) -> None:
    """Run pieces of the batch until none is left: first those of the thread's own share, then the others'.

    A thread's previous worlds are in its own core's cache: fetching them from another's would take about as
    long as the work.
    """
    count, piece, shares = word(box, _COUNT), word(box, _PIECE), word(box, _SHARES)
    function, table = word(box, _FUNCTION), word(box, _TABLE)
    for turn in range(shares):
        share = (number + turn) % shares
        begin, end = count * share // shares, count * (share + 1) // shares
        first = begin + fetch_add(box, _NEXT + _LINE * share, piece)
        while first < end:
            if call_at(function, table, first, min(first + piece, end)) != 0:
                store(box, _FAILED, 1)
            first = begin + fetch_add(box, _NEXT + _LINE * share, piece)


@kernel
def _serve(box: int, number: int, spins: int) -> None:
    """Take part in every new job until there has been none for `spins` polls.

    A worker marks itself busy before it checks whether the job is still open, and the caller closes the job
    before it checks whether a worker is busy: so either the worker stays out, or the caller waits for it.
    """
    last_seen = _SEEN + _LINE * number
    idle = 0
    while idle < spins and load(box, _STOP) == 0:
        epoch = load(box, _EPOCH)
        if epoch == word(box, last_seen):
            idle += 1
            if idle % _YIELD_EVERY == 0:
                yield_processor()
            continue
        put(box, last_seen, epoch)
        idle = 0
        fetch_add(box, _BUSY, 1)
        if load(box, _OPEN) == 1:
            _take_pieces(box, number)
        fetch_add(box, _BUSY, -1)
    fetch_add(box, _ASLEEP, 1)
