"""Everything that a run needs to go on as if it had never stopped, written and read."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import torch
from accelerate.utils import gather_object
from torch import Tensor
from torch.utils._pytree import tree_map_only

from lstm_zoo.training.machine import on_main, peak_memory
from lstm_zoo.training.preparation import begin_part

if TYPE_CHECKING:
    from lstm_zoo.training.loop import Trainer


def save(run: Trainer) -> None:
    """Write the state of a run; each of its processes calls this."""
    # What the processes do not have in common: their rows' memory, their dropout.
    own: dict[str, Any] = {
        "carried": tree_map_only(Tensor, lambda t: t.detach().cpu(), run.gradient.carried),
        "random": torch.get_rng_state(),
        "random_cuda": torch.cuda.get_rng_state() if run.device.type == "cuda" else None,
    }
    processes = gather_object([own]) if run.accelerator.num_processes > 1 else [own]
    on_main(
        run.accelerator,
        lambda: run.folder.save_state(run.recipe, _common(run) | {"processes": processes}),
    )


def _common(run: Trainer) -> dict[str, Any]:
    run.peak_memory = max(run.peak_memory, peak_memory(run.device))
    scaler = run.accelerator.scaler
    return {
        "model": run.model.state_dict(),
        "average": run.average.state_dict() if run.average else None,
        "averaging": run.averaging,
        "optimizer": run.optimizer.state_dict(),
        "schedule": run.schedule.state_dict(),
        "scaler": scaler.state_dict() if scaler else None,
        "loss_sum": run.loss_sum,
        "skipped": [run.skipped, run.skipped_in_epoch, run.skipped_in_a_row],
        "position": [run.epoch, run.step],
        "used": [run.seconds, run.units, run.peak_memory],
        "history": run.history,
        "best": run.best,
    }


def resume(run: Trainer) -> None:
    """Bring a run to where its folder's state stands, if there is one.

    Raises:
        UsageError: the state is of another recipe.
    """
    state = on_main(run.accelerator, lambda: run.folder.load_state(run.recipe))
    if state is None:
        return
    run.epoch, run.step = state["position"]
    begin_part(run)
    run.model.load_state_dict(state["model"])
    if run.average:
        run.average.load_state_dict(state["average"])
    run.averaging = state["averaging"]
    run.optimizer.load_state_dict(state["optimizer"])
    run.schedule.load_state_dict(state["schedule"])
    if run.accelerator.scaler and state["scaler"]:
        run.accelerator.scaler.load_state_dict(state["scaler"])
    run.loss_sum = state["loss_sum"].to(run.device)
    run.skipped, run.skipped_in_epoch, run.skipped_in_a_row = state["skipped"]
    run.seconds, run.units, run.peak_memory = state["used"]
    run.history, run.best = state["history"], state["best"]
    processes, count = state["processes"], run.accelerator.num_processes
    if len(processes) != count:
        if run.accelerator.is_main_process:
            warnings.warn(
                f"the run was divided among {len(processes)} and goes on among {count}"
                " processes: what its rows remembered is left behind, and the dropout is another,"
                " so it ends with other weights than if it had never stopped",
                stacklevel=2,
            )
        return
    own = processes[run.accelerator.process_index]
    run.gradient.carried = tree_map_only(Tensor, lambda t: t.to(run.device), own["carried"])
    torch.set_rng_state(own["random"].cpu())
    if own["random_cuda"] is not None and run.device.type == "cuda":
        torch.cuda.set_rng_state(own["random_cuda"].cpu())
