"""Contrastive training of the table: each question against every passage of the batch, and the other way round."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from embeddings.training.lexicon import Ids
from embeddings.training.pairs import Pair, Sampler

_SCALE = 20.0


class _Batches(torch.utils.data.IterableDataset[tuple[torch.Tensor, ...]]):
    """The sampler's batches as tensors, made in a process of their own while the last one is trained on."""

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        for batch in self.sampler:
            yield (*_bag([p.question for p in batch]), *_bag([p.passage for p in batch]), _conflicts(batch))


def _bag(texts: list[Ids]) -> tuple[torch.Tensor, torch.Tensor]:
    """Flat ids and the offset of each text, as EmbeddingBag takes them."""
    flat = torch.from_numpy(np.fromiter((i for text in texts for i in text), dtype=np.int64))
    offsets = np.cumsum([0, *(len(text) for text in texts[:-1])])
    return flat, torch.from_numpy(offsets.astype(np.int64))


def _conflicts(batch: list[Pair]) -> torch.Tensor:
    """bool (n, n): passage j overlaps the right one of question i without being it; it must not count as wrong."""
    group, low, high = (np.array([getattr(p, name) for p in batch]) for name in ("group", "low", "high"))
    same = group[:, None] == group[None, :]
    overlap = (low[:, None] < high[None, :]) & (low[None, :] < high[:, None])
    found = same & overlap
    np.fill_diagonal(found, False)
    return torch.from_numpy(found)


def train(
    table: NDArray[np.float32],
    sampler: Sampler,
    steps: int,
    rate: float,
    seconds: float,
    report: Callable[[int, float, NDArray[np.float32]], None],
    every: int = 500,
) -> NDArray[np.float32]:
    """The table after `steps` steps of Adam, or fewer when `seconds` run out (the rate falls with what is nearer)."""
    bag = torch.nn.EmbeddingBag.from_pretrained(
        torch.from_numpy(table.copy()), freeze=False, mode="mean", padding_idx=0
    )
    optimizer = torch.optim.Adam(bag.parameters(), lr=rate, betas=(0.9, 0.99), fused=True)
    loader = torch.utils.data.DataLoader(_Batches(sampler), batch_size=None, num_workers=1, prefetch_factor=6)
    began = time.monotonic()
    average = 0.0
    for step, (q_ids, q_offsets, p_ids, p_offsets, conflicts) in enumerate(loader, 1):
        done = max(step / steps, (time.monotonic() - began) / seconds)
        if done > 1.0:
            break
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, step / 100) * (1.0 - done) + 1e-5
        asked = torch.nn.functional.normalize(bag(q_ids, q_offsets))
        passages = torch.nn.functional.normalize(bag(p_ids, p_offsets))
        scores = (asked @ passages.T * _SCALE).masked_fill(conflicts, -1e4)
        right = torch.arange(len(scores))
        loss = (
            torch.nn.functional.cross_entropy(scores, right) + torch.nn.functional.cross_entropy(scores.T, right)
        ) / 2
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimizer.step()
        average += loss.item()
        if step % every == 0:
            report(step, average / every, bag.weight.detach().numpy())
            average = 0.0
    trained: NDArray[np.float32] = bag.weight.detach().numpy().copy()
    trained[0] = 0.0
    return trained
