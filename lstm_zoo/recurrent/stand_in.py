"""Someone who computes in a module's place, in one thread, for the time of a block."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

Forward = Callable[..., Any]

_lock = threading.Lock()


class _Switch:
    """What a module has as `forward` meanwhile: a thread without a stand-in gets its own."""

    def __init__(self, module: nn.Module) -> None:
        self.before = vars(module).get("forward")
        self.own: Forward = module.forward
        self.by_thread: dict[int, list[Forward]] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        forward = self.top() or self.own
        return forward(*args, **kwargs)

    def top(self) -> Forward | None:
        stack = self.by_thread.get(threading.get_ident())
        return stack[-1] if stack else None


@contextmanager
def stand_in(module: nn.Module, make: Callable[[Forward], Forward]) -> Iterator[None]:
    """Have calls of a module in this thread answered by another; its weights and hooks stay.

    Args:
        module: whose `forward` is stood in for.
        make: takes the `forward` that is to be used inside and returns the one to be called.
    """
    thread = threading.get_ident()
    with _lock:
        switch = vars(module).get("forward")
        if not isinstance(switch, _Switch):
            switch = _Switch(module)
            module.forward = switch
        stack = switch.by_thread.setdefault(thread, [])
        forward = make(switch.own)
        stack.append(forward)
    try:
        yield
    finally:
        with _lock:
            stack.remove(forward)
            if not stack:
                del switch.by_thread[thread]
            if not switch.by_thread:
                del module.forward
                if switch.before is not None:
                    module.forward = switch.before


def standing_in(module: nn.Module) -> Forward | None:
    """Who answers this thread's calls of a module; None if it does so itself."""
    switch = vars(module).get("forward")
    return switch.top() if isinstance(switch, _Switch) else None
