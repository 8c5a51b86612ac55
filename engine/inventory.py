"""What is stored, told per dataset: how much room it takes, what of it is computed, when it was last used.

The store thread only fetches (`Store.stock`: a handful of statements, however much is stored); sums are made by whoever
asks. A block that several datasets share is counted in each of them, and in `own_bytes` of none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, NamedTuple

import numpy as np

from engine.blocks import Manifest
from engine.forecast_store import MANIFEST_MAGIC
from engine.models.base import Forecaster
from engine.sealed import DamagedPayload, head_and_body, head_of, unseal
from engine.series import Phase, Step, slot_times
from engine.spec import Spec
from engine.store import SERIES_MAGIC, UPLOAD_MAGIC, Stock


class Opened(NamedTuple):
    """An entry in memory: counts of origins, and its state as `Progress` has it."""

    done: int
    failed: int
    imported: int
    state: str


class Known(NamedTuple):
    """What memory knows beside the disk. opened: entries by handle and the spec's key. ends: handle -> first and last
    slot. looked: handle -> when somebody last looked at it (seconds, UTC), of those in memory. forecaster: the loaded
    model that computes a spec."""

    opened: Mapping[tuple[str, str], Opened]
    ends: Mapping[str, tuple[int, int]]
    looked: Mapping[str, float]
    forecaster: Callable[[Spec], Forecaster | None]


class StoredForecasts(NamedTuple):
    """The forecasts of a dataset under one spec: counts of origins (imported: how many of those done come from
    exports), bytes on disk. state: filling, paused or done; "stored" while they are not open. model_loaded: whether
    this very model is here, to compute what is missing."""

    model: str
    horizon: int
    digest: str
    numerics: str
    done: int
    failed: int
    imported: int
    total: int
    state: str
    model_loaded: bool
    bytes: int


class StoredDataset(NamedTuple):
    """A dataset on disk. bytes: series, uploads and forecasts; own_bytes: what deleting it would free. last_used:
    seconds, UTC. upload_kept: whether the bytes of an upload are, so that it can be read again. user: whose it is,
    empty where there are no users."""

    handle: str
    length: int
    start: np.datetime64
    end: np.datetime64
    step_seconds: int | None
    step_calendar: str | None
    zone: str | None
    bytes: int
    own_bytes: int
    last_used: float
    upload_kept: bool
    forecasts: tuple[StoredForecasts, ...]
    user: str = ""


class Inventory(NamedTuple):
    """Everything stored, last used first. memory, disk: bytes, beside their budgets. damaged: bytes of the caches that
    could not be read and were set aside, in how many folders."""

    memory: int
    memory_budget: int
    disk: int
    disk_budget: int
    damaged: int
    damaged_folders: int
    datasets: tuple[StoredDataset, ...]


class _Upload(NamedTuple):
    nbytes: int
    is_shared: bool
    is_kept: bool


def stored_datasets(stock: Stock, known: Known) -> tuple[StoredDataset, ...]:
    """The datasets of a store, last used first; a series that is damaged is left out."""
    manifests: dict[str, list[Manifest]] = {}
    for manifest in _manifests(stock):
        manifests.setdefault(manifest.handle, []).append(manifest)
    blocks, shared, uploads = _block_sizes(stock.sizes), _shared(manifests), _uploads(stock)
    found = []
    for handle, stored, value in stock.series:
        outline = _outline(value, known.ends.get(handle))
        if outline is None:
            continue
        own = manifests.get(handle, [])
        forecasts = tuple(
            _forecasts(manifest, known.opened.get((handle, manifest.spec.key)), known, stock.sizes, blocks)
            for manifest in own
        )
        sent = uploads.get(handle, [])
        size = sum(stock.sizes.get(f"{kind}/{handle}", 0) for kind in "sv")
        size += sum(upload.nbytes for upload in sent) + sum(one.bytes for one in forecasts)
        others = sum(upload.nbytes for upload in sent if upload.is_shared)
        others += sum(_total(blocks, shared.intersection(manifest.keys)) for manifest in own if shared)
        found.append(
            StoredDataset(
                handle=handle,
                **outline,
                bytes=size,
                own_bytes=size - others,
                last_used=max(stored, known.looked.get(handle, 0.0), *(manifest.last_used for manifest in own), 0.0),
                upload_kept=any(upload.is_kept for upload in sent),
                forecasts=forecasts,
            )
        )
    return tuple(sorted(found, key=lambda dataset: (-dataset.last_used, dataset.handle)))


def _outline(value: bytes, ends: tuple[int, int] | None) -> dict[str, Any] | None:
    """Length, step and ends of a series, from how its stored bytes begin; None if that cannot be read."""
    head = head_of(SERIES_MAGIC, value)
    if head is None or ends is None:
        return None
    try:  # the checksum is that of all bytes, which are not here
        step, phases = Step(*head["step"]), [Phase(*phase) for phase in head["phases"]]
        start, end = slot_times(np.array(ends), step, phases)
        zone, user = head["zone"], head["scope"]
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None
    return {
        "length": ends[1] - ends[0] + 1,
        "start": start,
        "end": end,
        "step_seconds": step.seconds,
        "step_calendar": step.calendar,
        "zone": zone,
        "user": user,
    }


def _forecasts(
    manifest: Manifest,
    opened: Opened | None,
    known: Known,
    sizes: Mapping[str, int],
    blocks: Mapping[str, int],
) -> StoredForecasts:
    """Counted in memory where the entry is open: its manifest is written now and then."""
    spec, imported = manifest.spec, manifest.imported
    return StoredForecasts(
        model=spec.model,
        horizon=spec.horizon,
        digest=spec.digest,
        numerics=spec.numerics,
        done=int(manifest.done.sum()) if opened is None else opened.done,
        failed=0 if opened is None else opened.failed,
        imported=opened.imported if opened else 0 if imported is None else int((manifest.done & imported).sum()),
        total=manifest.total,
        state="stored" if opened is None else opened.state,
        model_loaded=known.forecaster(spec) is not None,
        bytes=sizes.get(f"m/{manifest.handle}/{spec.key}", 0) + _total(blocks, manifest.keys),
    )


def _manifests(stock: Stock) -> Iterable[Manifest]:
    for _, _, value in stock.manifests:
        try:
            yield Manifest.from_bytes(unseal(MANIFEST_MAGIC, value))
        except DamagedPayload:
            continue


def _block_sizes(sizes: Mapping[str, int]) -> dict[str, int]:
    """Bytes of each block with all that lies beside it under its key."""
    found = {key[2:]: size for key, size in sizes.items() if key.startswith("b/")}
    for key, size in sizes.items():
        if key.startswith("c/"):
            found[key[2:66]] = found.get(key[2:66], 0) + size
    return found


def _total(blocks: Mapping[str, int], keys: Iterable[str]) -> int:
    return sum(map(blocks.get, keys, repeat(0)))


def _shared(manifests: Mapping[str, Sequence[Manifest]]) -> set[str]:
    """Keys of the blocks that more than one dataset names; two specs of one dataset never share any."""
    uses = Counter(chain.from_iterable(manifest.keys for own in manifests.values() for manifest in own))
    return {key for key, number in uses.items() if number > 1}


def _uploads(stock: Stock) -> dict[str, list[_Upload]]:
    """The uploads of each handle."""
    found: dict[str, list[_Upload]] = {}
    for upload_id, _, value in stock.uploads:
        try:
            payload = unseal(UPLOAD_MAGIC, value)
        except DamagedPayload:
            continue
        handles, _ = head_and_body(payload)
        raw = stock.sizes.get(f"u/{upload_id}/raw")
        nbytes = stock.sizes.get(f"u/{upload_id}", 0) + (raw or 0)
        for handle in handles:
            found.setdefault(handle, []).append(_Upload(nbytes, len(handles) > 1, raw is not None))
    return found
