"""ZeroGPU: a Space that borrows a GPU for the length of a call; elsewhere this does nothing."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

ON_ZERO_GPU = os.environ.get("SPACES_ZERO_GPU") == "true"
"""Models must then be on the GPU before the page starts: a call runs in a copy of the process."""

# It refuses to be imported after Gradio, or once CUDA was touched.
_spaces = importlib.import_module("spaces") if importlib.util.find_spec("spaces") else None


def on_gpu(function: Function) -> Function:
    """Let a function or a generator run with a GPU; what goes in and out is pickled."""
    wrapped: Function = _spaces.GPU(function) if _spaces else function
    return wrapped
