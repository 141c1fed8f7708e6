"""Training of one architecture: a space, an architecture and a data set in, weights.npz and metrics.json out.

SGD with Nesterov momentum and a cosine schedule (Loshchilov and Hutter, arXiv 1608.03983) on images that are shifted
and rotated a little. Everything random in an epoch comes from the seed and the epoch's number, so a training that was
killed goes on from its checkpoint and ends with the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from search.data import SPLITS, Dataset, resize
from search.errors import SearchError
from search.files import write_json, write_npz
from search.network import fast_layout, initialise
from search.settings import TrainSettings
from search.spaces import Arch, Space

Arrays = dict[str, npt.NDArray[np.generic]]

WEIGHTS, METRICS, CHECKPOINT = "weights.npz", "metrics.json", "checkpoint.npz"


@dataclass(frozen=True)
class TrainResult:
    """accuracies: share of right answers on each of SPLITS, images unshifted. losses: mean training loss an epoch."""

    weights: Path
    accuracies: dict[str, float]
    losses: tuple[float, ...]
    device: str


def train(
    space: Space,
    arch: Arch,
    dataset: Dataset,
    settings: TrainSettings,
    seed: int,
    out: Path,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> TrainResult:
    """Train `arch` on the training split, on a GPU if there is one, and write WEIGHTS and METRICS into `out`.

    Goes on from `out`/CHECKPOINT if that is of the same architecture, data, settings and seed. The bytes of the result
    are the same for the same arguments on the same machine. Raises SearchError if the loss is not finite.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with _deterministic(settings.threads):
        run = _Run(space, arch, dataset, settings, seed, device)
        checkpoint = out / CHECKPOINT
        losses = run.restore(checkpoint)
        for epoch in range(len(losses), settings.epochs):
            progress(epoch, settings.epochs, "training")
            losses.append(run.epoch(epoch))
            if not math.isfinite(losses[-1]):
                raise SearchError(
                    f"The training loss of {space.arch_id(arch)} is {losses[-1]} after epoch {epoch + 1}. "
                    f"Lower learning_rate in [train] (now {settings.learning_rate:g})."
                )
            if (epoch + 1) % settings.checkpoint_epochs == 0 and epoch + 1 < settings.epochs:
                run.save(checkpoint, losses)
        accuracies = {split: run.accuracy(split) for split in SPLITS}
        write_npz(out / WEIGHTS, _state(run.network))
    progress(settings.epochs, settings.epochs, "training")
    metrics = {
        "arch": space.arch_id(arch),
        "accuracy": accuracies,
        "epochs": settings.epochs,
        "losses": losses,
        "seed": seed,
    }
    write_json(out / METRICS, metrics)
    checkpoint.unlink(missing_ok=True)
    return TrainResult(out / WEIGHTS, accuracies, tuple(losses), device)


def load_network(space: Space, arch: Arch, classes: int, channels: int, weights: Path) -> nn.Module:
    """The trained network on the CPU, ready for inference. Raises SearchError if `weights` are not of `arch`."""
    network = space.network(arch, classes, channels)
    try:
        with np.load(weights, allow_pickle=False) as file:
            arrays = dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise SearchError(f"{weights} holds no weights ({error}). Train again.") from None
    if {name: array.shape for name, array in arrays.items()} != {n: t.shape for n, t in network.state_dict().items()}:
        raise SearchError(f"{weights} does not hold the weights of {space.arch_id(arch)}. Train again.")
    network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    return network.eval()


class _Run:
    """One training under way: the network, its optimiser and the images at the architecture's resolution."""

    def __init__(
        self, space: Space, arch: Arch, dataset: Dataset, settings: TrainSettings, seed: int, device: str
    ) -> None:
        self.settings, self.seed, self.device = settings, seed, device
        _, height, width, _ = space.input_shape(arch, dataset.channels)
        self.images, self.labels = {}, {}
        for split in SPLITS:
            x, y = dataset.split(split)
            self.images[split] = torch.from_numpy(resize(x, height, width)).permute(0, 3, 1, 2).to(device)
            self.labels[split] = torch.from_numpy(y).to(device)
        network = space.network(arch, dataset.classes, dataset.channels)
        initialise(network, torch.Generator().manual_seed(seed))
        self.network = fast_layout(network).to(device)
        self.optimizer = torch.optim.SGD(
            self.network.parameters(),
            lr=settings.learning_rate,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
            nesterov=settings.momentum > 0,
        )
        key = (space.arch_id(arch), dataset.sha256, settings.model_dump(exclude={"checkpoint_epochs"}), seed, device)
        self.key = hashlib.sha256(json.dumps(key).encode()).hexdigest()

    def epoch(self, number: int) -> float:
        """One pass over the training split in a new order; the mean loss."""
        generator = torch.Generator().manual_seed((self.seed << 20) + number + 1)
        x, y = self.images["train"], self.labels["train"]
        batches = torch.split(torch.randperm(len(x), generator=generator), self.settings.batch)
        self.network.train()
        total = 0.0
        for index, chosen in enumerate(batches):
            if len(chosen) < 2:
                continue  # BatchNorm has no statistics of a single image
            for group in self.optimizer.param_groups:
                group["lr"] = self._learning_rate(number + index / len(batches))
            images = augment(x[chosen], self.settings.max_shift, self.settings.max_rotation_degrees, generator)
            logits = self.network(images)
            loss = F.cross_entropy(logits, y[chosen], label_smoothing=self.settings.label_smoothing)
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            total += loss.item() * len(chosen)
        return total / len(x)

    def _learning_rate(self, epochs: float) -> float:
        return self.settings.learning_rate * (1 + math.cos(math.pi * epochs / self.settings.epochs)) / 2

    def accuracy(self, split: str) -> float:
        """Share of images of the split whose largest logit is that of their label."""
        self.network.eval()
        with torch.no_grad():
            answers = torch.cat([self.network(x).argmax(1) for x in torch.split(self.images[split], 256)])
        return int((answers == self.labels[split]).sum()) / len(answers)

    def save(self, path: Path, losses: list[float]) -> None:
        """Write a checkpoint: network, momentum, losses so far, and the key of all that they depend on."""
        arrays = {f"network/{name}": array for name, array in _state(self.network).items()}
        for index, parameter in enumerate(self.network.parameters()):
            momentum = self.optimizer.state[parameter].get("momentum_buffer")
            if momentum is not None:
                arrays[f"momentum/{index}"] = momentum.cpu().numpy()
        write_npz(path, {**arrays, "losses": np.array(losses), "key": np.array(self.key)})

    def restore(self, path: Path) -> list[float]:
        """Go on from a checkpoint; the losses of the epochs done. None are done if it is absent or of another run."""
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = dict(file)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            return []
        if str(arrays.get("key")) != self.key:
            return []
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items() if name != "key"}
        prefix = "network/"
        self.network.load_state_dict({n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)})
        for index, parameter in enumerate(self.network.parameters()):
            momentum = tensors.get(f"momentum/{index}")
            if momentum is not None:
                self.optimizer.state[parameter]["momentum_buffer"] = momentum.to(self.device)
        return [float(loss) for loss in arrays["losses"]]


def augment(images: Tensor, max_shift: float, max_rotation_degrees: float, generator: torch.Generator) -> Tensor:
    """Shift and rotate each image of [N, C, H, W] by random amounts up to those given; zeros come in at the edges."""
    draw = torch.rand(3, len(images), generator=generator) * 2 - 1
    angle = draw[0] * math.radians(max_rotation_degrees)
    shift = draw[1:] * max_shift * 2  # the grid's coordinates run from -1 to 1
    cosine, sine = angle.cos(), angle.sin()
    rows = [torch.stack((cosine, -sine, shift[0]), 1), torch.stack((sine, cosine, shift[1]), 1)]
    grid = F.affine_grid(torch.stack(rows, 1).to(images.device), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _state(network: nn.Module) -> Arrays:
    return {name: tensor.cpu().contiguous().numpy() for name, tensor in network.state_dict().items()}


@contextmanager
def _deterministic(threads: int) -> Iterator[None]:
    """The same sums in the same order: a fixed number of threads and algorithms without races. Restored afterwards."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS may choose differently every time
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])
        torch.backends.cudnn.benchmark = before[2]
