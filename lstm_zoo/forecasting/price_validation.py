"""The error by which the weights of a price model are chosen."""

from __future__ import annotations

import torch
from torch import Tensor

from lstm_zoo.forecasting.evaluation import LEVELS
from lstm_zoo.forecasting.price_data import PriceData
from lstm_zoo.forecasting.price_model import PriceModel
from lstm_zoo.task import module_device

ASSETS = 64  # in one pass


@torch.inference_mode()
def price_error(model: PriceModel, data: PriceData) -> float:
    """CRPS of daily log returns in percent, the mean over the days ahead, from 19 quantiles.

    Of all days of the validation part and all assets that may be trained on.
    """
    look_back = data.preprocessing.look_back
    picks = []
    for asset in data.assets:
        first = int(asset.dates.searchsorted(data.train_until)) - 2
        last = data.last_origin(asset, data.validation_until)
        if asset.seen and first > 0 and last >= first:
            picks.append((asset, first, last))
    device = module_device(model)
    total, count = 0.0, 0
    levels = torch.tensor(LEVELS)
    # Assets of a stretch have as many days; those with a short past make batches of their own.
    by_length: dict[tuple[int, int], list[tuple]] = {}
    for asset, first, last in picks:
        begin = max(0, first - look_back)
        key = (last + 1 - begin, last + 1 - first)
        by_length.setdefault(key, []).append((asset, begin, last + 1, last))
    for (_, origins), group in by_length.items():
        for start in range(0, len(group), ASSETS):
            piece = group[start : start + ASSETS]
            stretch = data.stretch(piece)
            parameters = model(
                stretch.features.to(device), stretch.events.to(device), last=origins
            )[..., 0, :].cpu()
            error = stretch.targets[:, -origins:, :, 0, None] - model.head.quantiles(
                parameters, LEVELS
            )
            crps: Tensor = 2 * torch.maximum(levels * error, (levels - 1) * error).mean(-1)
            scale = torch.stack(
                [
                    torch.from_numpy(data.days[asset.name].volatility[0, end - origins : end])
                    for asset, _, end, _ in piece
                ]
            )
            total += 100 * (crps.double().mean(2) * scale).sum().item()
            count += scale.numel()
    return total / max(1, count)
