"""What a run computes on: its device, precision and memory, and the processes that share it."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import broadcast_object_list

from lstm_zoo.errors import CheckpointError, UsageError

Result = TypeVar("Result")


TRACKERS = ("tensorboard", "trackio")


def make_accelerator(
    device: str, precision: str, log_with: str | None = None, log_dir: Path | None = None
) -> Accelerator:
    """The device, the precision and, under `accelerate launch`, the other processes.

    Args:
        device: "auto", "cpu", "cuda" or "mps".
        precision: "auto", "fp32", "bf16" or "fp16".
        log_with: one of `TRACKERS`, or None.
        log_dir: folder for its files.

    Raises:
        UsageError: there is no such device or tracker here, or the device cannot compute so.
    """
    if log_with is not None and log_with not in TRACKERS:
        raise UsageError(f"there is no tracker {log_with!r}; known: {', '.join(TRACKERS)}")
    if log_with is not None and find_spec(log_with) is None:
        raise UsageError(f"{log_with} is not installed: pip install {log_with}")
    # Accelerate keeps device and precision for the whole process; a second run may differ.
    AcceleratorState._reset_state(reset_partial_state=True)
    wanted = _precision(precision, device)
    # Without a GPU Accelerate would start each of several processes as if it were alone.
    on_cpu = device == "cpu" or ("LOCAL_RANK" in os.environ and not torch.cuda.is_available())
    accelerator = Accelerator(
        cpu=on_cpu, mixed_precision=wanted, log_with=log_with, project_dir=log_dir
    )
    if device not in ("auto", accelerator.device.type):
        raise UsageError(f"there is no device {device!r} here; use {accelerator.device.type!r}")
    if wanted == "fp16" and accelerator.device.type == "cpu":  # Accelerate would take fp32
        raise UsageError("training.precision fp16 needs a GPU: take bf16 or fp32 on a CPU")
    if wanted == "bf16" and accelerator.device.type == "cpu" and not cpu_has_bf16():
        raise UsageError("this processor has no bf16: take training.precision fp32")
    return accelerator


def cpu_has_bf16() -> bool:
    """Whether PyTorch computes an LSTM in bf16 on this processor: oneDNN wants AVX-512 for it."""
    try:
        with torch.autocast("cpu", torch.bfloat16):
            torch.nn.LSTM(1, 1)(torch.zeros(1, 1))
    except RuntimeError:
        return False
    return True


def _precision(wanted: str, device: str) -> str:
    """Accelerate's word for the precision: bf16 where the machine gains from it, if left open."""
    if wanted != "auto":
        return wanted.replace("fp32", "no")
    if device != "cpu" and torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "no"
    # Other CPUs emulate bf16 products, which takes three times as long as fp32.
    abilities = torch.cpu.get_capabilities()
    multiplies = abilities.get("amx_bf16", False) or abilities.get("avx512_bf16", False)
    return "bf16" if multiplies and device in ("auto", "cpu") else "no"


def keep_freed_memory() -> None:
    """Let this process keep what a step frees for the next one, where the C library is glibc.

    glibc maps each large tensor anew otherwise, and the kernel clears its pages first. See
    mallopt(3). It holds until the process ends, so it is for a process that does nothing but train.
    """
    trim_threshold, mmap_max = -1, -4  # of glibc's malloc.h
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(mmap_max, 0)
        mallopt(trim_threshold, 2**31 - 1)


def on_main(accelerator: Accelerator, work: Callable[[], Result]) -> Result:
    """Do `work` in the main process alone; all processes get its result, or its error."""
    if accelerator.num_processes == 1:
        return work()
    answer: list[Any] = [None, None]
    if accelerator.is_main_process:
        try:
            answer[0] = work()
        except (UsageError, CheckpointError, OSError) as error:
            answer[1] = error
    broadcast_object_list(answer)
    if answer[1] is not None:
        raise answer[1]
    result: Result = answer[0]
    return result


def end_process(code: int) -> None:
    """End this process at once if it is one of several; else do nothing.

    Where Python ends by itself, a thread of Gloo that still holds a tensor may abort the process,
    which the launcher takes for a failure (pytorch/pytorch#179291).

    Args:
        code: the exit status.
    """
    if torch.distributed.is_initialized():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def peak_memory(device: torch.device) -> int:
    """Bytes: of the CUDA device's tensors, or of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
