"""Worker processes that import once, take one repository at a time, and may die without harm.

`concurrent.futures` gives up a whole pool when one worker dies, and does not say over what. Here each
worker has a pipe of its own: its end is that one repository's matter.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_PATIENCE = 10.0  # seconds that a worker has to end what it does
_LINUX = sys.platform.startswith("linux")
_CONTEXT = multiprocessing.get_context("fork") if _LINUX else multiprocessing.get_context("spawn")


@dataclass
class _Worker(Generic[T]):
    process: BaseProcess
    pipe: Connection
    task: T | None = None
    tries: int = 0


class Pool(Generic[T, R]):
    """Some workers.

    Args:
        size: How many.
        begin: What each does first; it returns the function that does a task.
        died: What comes out of a task that killed its worker twice.
    """

    def __init__(self, size: int, begin: Callable[[], Callable[[T], R]], died: Callable[[T], R]) -> None:
        self.size = size
        self.begin = begin
        self.died = died
        self._workers: list[_Worker[T]] = []
        self._ours, self._theirs = _CONTEXT.Pipe(duplex=False)  # it breaks when we die, however we die

    def __enter__(self) -> Pool[T, R]:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def run(self, tasks: Iterable[T], tick: float | None = None) -> Iterator[R | None]:
        """Do tasks, as many at a time as there are workers; results come as they are ready.

        Args:
            tasks: They are taken as there is room for them.
            tick: Return None after so many seconds without a result.
        """
        left = iter(tasks)
        again: list[tuple[T, int]] = []
        more = True
        while True:
            while more or again:
                worker = self._idle()
                if worker is None:
                    break
                try:
                    worker.task, worker.tries = again.pop() if again else (next(left), 0)
                except StopIteration:
                    more = False
                    break
                self._send(worker)
            busy = {worker.pipe: worker for worker in self._workers if worker.task is not None}
            if not busy:
                return
            ready = wait(list(busy), tick)
            if not ready:
                yield None
            for pipe in ready:
                worker = busy[pipe]  # type: ignore[index]
                task, worker.task = worker.task, None
                assert task is not None  # noqa: S101 - it was busy
                try:
                    yield worker.pipe.recv()
                except (EOFError, OSError):
                    self._bury(worker)
                    if worker.tries:
                        yield self.died(task)
                    else:
                        again.append((task, 1))

    def busy(self) -> list[T]:
        """What is being done."""
        return [worker.task for worker in self._workers if worker.task is not None]

    def _idle(self) -> _Worker[T] | None:
        for worker in self._workers:
            if worker.task is None:
                return worker
        if len(self._workers) >= self.size:
            return None
        ours, theirs = _CONTEXT.Pipe()
        # A forked process has our ends of all pipes, too: open there, they would never break.
        inherited = [self._theirs, ours, *(worker.pipe for worker in self._workers)]
        closing = inherited if _LINUX else []
        process = _CONTEXT.Process(target=_serve, args=(theirs, self._ours, closing, self.begin), daemon=True)
        process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours))
        return self._workers[-1]

    def _send(self, worker: _Worker[T]) -> None:
        with contextlib.suppress(OSError):  # it died; that shows when its answer is read
            worker.pipe.send(worker.task)

    def _bury(self, worker: _Worker[T]) -> None:
        _signal(worker.process, "SIGKILL")  # its git processes, too
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)

    def stop(self) -> None:
        """End all workers, in good order if they can within some seconds."""
        for worker in self._workers:
            if worker.task is not None:
                _signal(worker.process, "SIGINT")
            worker.pipe.close()
        end = time.monotonic() + _PATIENCE
        for worker in self._workers:
            worker.process.join(max(0.0, end - time.monotonic()))
        for worker in list(self._workers):
            self._bury(worker)
        self._ours.close()
        self._theirs.close()


def _signal(process: BaseProcess, name: str) -> None:
    """Send a signal to a worker and to what it started."""
    with contextlib.suppress(OSError):
        if process.pid and hasattr(os, "killpg"):
            os.killpg(process.pid, signal.Signals[name])


def _serve(
    pipe: Connection, life: Connection, closing: list[Connection], begin: Callable[[], Callable[[T], R]]
) -> None:
    """A worker: do tasks until there are no more, or whoever gives them is gone."""
    if hasattr(os, "setsid"):
        os.setsid()  # Ctrl-C is the main process's to deal with; and no git can ask at the terminal
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for other in closing:
        other.close()
    threading.Thread(target=_watch, args=(life,), daemon=True).start()
    try:
        work = begin()
        while True:
            task: T = pipe.recv()
            pipe.send(work(task))
    except (EOFError, OSError, KeyboardInterrupt):
        pass


def _watch(life: Connection) -> None:
    """End this worker and what it started when the main process is gone."""
    with contextlib.suppress(EOFError, OSError):
        life.recv()
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGTERM)
        time.sleep(_PATIENCE)
    os._exit(1)
