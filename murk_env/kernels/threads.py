"""Threads that share the worlds of a batch between them.

The calling thread offers a merged function and takes pieces of the batch itself; workers that are awake take
pieces too. Nobody waits for a worker that has not begun: one that sleeps or comes too late costs nothing,
and the work is done without it. All of it happens in compiled code, without the interpreter lock.
"""

import os
import threading
import time
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from queue import SimpleQueue
from statistics import median

import numpy as np
import numpy.typing as npt

from murk_env.kernels.compiler import kernel
from murk_env.kernels.fused import Fused, address
from murk_env.kernels.native import call_at, fetch_add, load, put, store, word
from murk_env.kernels.program import ThreadFailedError

__all__ = ["ThreadedRunner"]

# Words of the box through which threads speak; those that several write lie in cache lines of their own.
_LINE = 8  # words
_EPOCH, _STOP = 0, 1
_FUNCTION, _TABLE, _COUNT, _PIECE, _SHARES, _FAILED, _OPEN = range(8, 15)
_BUSY, _ASLEEP, _NEXT = 16, 24, 32  # what has been taken of every share lies in a line of its own

_PIECES = 8  # of every share: a thread that is done waits for the others at most for one piece
_SPINS = 100_000  # how often an idle worker looks for work, some 0.1 ms, before it sleeps
_TRIALS = 7  # runs on one thread whose median says whether to share
_WORTH_SHARING = 25_000  # ns: of shorter runs, sharing saves too little
_MOST_LOSSES = 16  # how many more shared runs than not were slower than alone, before sharing pauses
_SHORTEST_PAUSE, _LONGEST_PAUSE = 64, 1024  # runs alone, until it is tried again


class ThreadedRunner:
    """Runs merged functions on as many threads as their work is worth.

    Args:
        num_threads: number of threads, the calling one included; None for as many as there are processors,
            where a run takes long enough for that, and 1 for no other thread.

    Attributes:
        alone: whether the calling thread runs them by itself.
    """

    def __init__(self, num_threads: int | None) -> None:
        self._chosen = num_threads is not None
        self._num_threads = num_threads or _num_processors()
        self.alone = self._num_threads == 1
        self._crew: _Crew | None = None
        self._known: dict[Fused, _Worth] = {}

    def run(self, merged: Fused, num_worlds: int) -> None:
        """Run the worlds [0, num_worlds); not to be called where `alone`.

        Raises:
            ThreadFailedError: the function raised on some thread; the worlds are half done.
            Exception: what the function raised, if it ran on this thread alone.
        """
        if num_worlds == 1:
            merged.function(merged.address, 0, num_worlds)
            return
        worth = self._known.get(merged)
        if worth is None:
            worth = self._known[merged] = _Worth()
        if worth.pause > _TRIALS:  # nothing to learn yet
            worth.pause -= 1
            merged.function(merged.address, 0, num_worlds)
            return
        began = time.perf_counter_ns()
        shared = worth.machine_code and worth.pause == 0
        if shared:
            self._share(worth.machine_code, merged, num_worlds)
        else:
            merged.function(merged.address, 0, num_worlds)
        if not (self._chosen and worth.machine_code):
            worth.learn(merged, time.perf_counter_ns() - began, shared=bool(shared), chosen=self._chosen)

    def _share(self, machine_code: int, merged: Fused, num_worlds: int) -> None:
        if self._crew is None:
            self._crew = _Crew(self._num_threads - 1)
        piece = max(1, min(merged.block, num_worlds // (_PIECES * self._num_threads)))
        self._crew.share(machine_code, merged.address, num_worlds, piece)

    @contextmanager
    def kept_alone(self) -> Generator[None]:
        """Use the calling thread only, inside the block."""
        before, self.alone = self.alone, True
        try:
            yield
        finally:
            self.alone = before

    @property
    def num_workers(self) -> int:
        """Number of threads that have been started beside the calling one."""
        return 0 if self._crew is None else len(self._crew.threads)

    def close(self) -> None:
        """Stop the threads; a later run starts new ones."""
        if self._crew is not None:
            self._crew.close()
            self._crew = None


class _Worth:
    """Whether sharing a function's runs pays: from what they take alone, and from what they take shared.

    Where other programs keep the processors busy, a worker is put off in the middle of a piece and the
    others wait for it; runs that were slower than alone more often than not are a reason to stay alone for a
    time. What a run takes alone is measured anew before every trial, since processors change their speed, and
    a trial that fails at once makes the time until the next one longer.

    Attributes:
        machine_code: of a function that may be shared, 0 before that is known and if it may not.
        pause: how many runs to go on alone.
    """

    __slots__ = ("_alone", "_losses", "_next_pause", "_shared", "_trials", "machine_code", "pause")

    def __init__(self) -> None:
        self.machine_code = 0
        self.pause = _TRIALS
        self._trials: list[int] = []  # ns, of the last runs alone
        self._alone = 0.0  # ns, their median
        self._losses = 0
        self._shared = 0  # runs since the last pause
        self._next_pause = _SHORTEST_PAUSE

    def learn(self, merged: Fused, taken: int, *, shared: bool, chosen: bool) -> None:
        """Take note of a run and what it took, ns."""
        if shared:
            self._shared += 1
            self._losses = max(0, self._losses + (1 if taken > self._alone else -1))
            if self._losses == _MOST_LOSSES:
                paid = self._shared > self._next_pause
                self._next_pause = _SHORTEST_PAUSE if paid else min(2 * self._next_pause, _LONGEST_PAUSE)
                self._losses, self._shared, self.pause = 0, 0, self._next_pause
            return
        self._trials.append(taken)
        self.pause -= 1
        if chosen or self.pause == 0:
            self._alone = median(self._trials)
            self._trials.clear()
            self.machine_code = merged.machine_code or 0
            pays = self.machine_code and (chosen or self._alone >= _WORTH_SHARING)
            self.pause = 0 if pays else _LONGEST_PAUSE


_Wake = SimpleQueue[None]  # unlike a Semaphore, it is never left half done by an interrupt


_crews: "weakref.WeakSet[_Crew]" = weakref.WeakSet()


class _Crew:
    """Workers, and the box through which they are told what to do.

    After a fork the child has no workers; it starts its own at the first shared run.
    """

    def __init__(self, num_workers: int) -> None:
        self._num_workers = num_workers
        self._running = False
        self._finalizer: weakref.finalize[..., _Crew] | None = None
        self.threads: list[threading.Thread] = []
        _crews.add(self)

    def share(self, function: int, table: int, num_worlds: int, piece: int) -> None:
        """Run `function(table, start, stop)` on pieces of the worlds, with the workers that are awake."""
        try:
            if not self._running:
                self._start()
            asleep = min(int(self._box[_ASLEEP]), self._num_workers)
            for _ in range(asleep):
                self._wake.put(None)
            _share(self._address, function, table, num_worlds, piece, asleep)
        except BaseException:  # an interrupt, wherever it came: the next run starts with a new crew
            self.close()
            raise
        if self._box[_FAILED]:
            raise ThreadFailedError

    def _start(self) -> None:
        box, wake = np.zeros(_NEXT + _LINE * (self._num_workers + 1), np.int64), _Wake()
        box[_SHARES] = self._num_workers + 1
        self._box, self._wake, self._address = box, wake, address(box)
        self._finalizer = weakref.finalize(self, _stop, box, wake, self._num_workers)
        self.threads = [
            threading.Thread(
                target=_work_until_stopped, args=(box, wake, number), name="murk-env worker", daemon=True
            )
            for number in range(1, self._num_workers + 1)
        ]
        for thread in self.threads:
            thread.start()
        self._running = True

    def close(self) -> None:
        """Stop the workers and wait until they have ended."""
        if self._finalizer is not None:
            self._finalizer()
        for thread in self.threads:
            if thread.ident is not None:  # it has been started
                thread.join()
        self.forget()

    def forget(self) -> None:
        """Be as before the first run."""
        if self._finalizer is not None:
            self._finalizer.detach()
        self._running, self._finalizer, self.threads = False, None, []


def _num_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _stop(box: npt.NDArray[np.int64], wake: _Wake, num_workers: int) -> None:
    box[_STOP] = 1
    for _ in range(num_workers):
        wake.put(None)


def _work_until_stopped(box: npt.NDArray[np.int64], wake: _Wake, number: int) -> None:
    seen = 0
    while not box[_STOP]:
        seen = _serve(address(box), number, seen, _SPINS)
        wake.get()


def _renew_after_fork() -> None:
    """In a child, forget the crews of the parent: their threads stayed there."""
    for crew in _crews:
        crew.forget()


@kernel
def _share(box: int, function: int, table: int, num_worlds: int, piece: int, woken: int) -> None:
    """Offer a job, take part in it, and wait for workers that are busy with their last piece.

    All of it in one call, in which no interrupt is served: workers write into the arena.
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
    while load(box, _BUSY) > 0:
        pass


@kernel
def _take_pieces(box: int, number: int) -> None:
    """Run pieces of the batch until none is left: those of a thread's own share first, then the others'.

    What a thread has worked on before lies in its own core's cache: fetching it from another's would take
    about as long as the work.
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
def _serve(box: int, number: int, seen: int, spins: int) -> int:
    """Take part in every new job until there has been none for long; return the last one seen.

    A worker says that it is busy before it looks whether the job is still open, and the caller closes the job
    before it looks whether a worker is busy: so either the worker stays out, or the caller waits for it.
    """
    idle = 0
    while idle < spins and load(box, _STOP) == 0:
        epoch = load(box, _EPOCH)
        if epoch == seen:
            idle += 1
            continue
        seen = epoch
        idle = 0
        fetch_add(box, _BUSY, 1)
        if load(box, _OPEN) == 1:
            _take_pieces(box, number)
        fetch_add(box, _BUSY, -1)
    fetch_add(box, _ASLEEP, 1)
    return seen


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_after_fork)
