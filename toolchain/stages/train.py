"""Train: the pick and the training split in; weights and accuracies out (train/)."""

from __future__ import annotations

from search.train import train
from toolchain.pipeline import Context
from toolchain.stages.picked import load_picked


def run(context: Context) -> None:
    """Write weights.npz and metrics.json."""
    picked = load_picked(context)
    config, folder = context.config, context.folder.file("train")
    train(picked.space, picked.arch, picked.dataset, config.train, config.seed, folder, context.progress)
