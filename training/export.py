"""Write a checkpoint's averaged weights as the product's file: `python -m training.export`; prints its SHA-256."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save

from engine.models.small.forecaster import WEIGHTS


def export(checkpoint: Path, target: Path) -> str:
    """Averaged weights as float16 with the network's sizes in the header; the file's SHA-256."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    halves = {name: value.half().contiguous() for name, value in state["average"].items()}
    raw = save(halves, {"shape": json.dumps(state["shape"])})
    target.write_bytes(raw)
    return hashlib.sha256(raw).hexdigest()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path("runs/small/checkpoint.pt"))
    parser.add_argument("--target", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    print(export(options.checkpoint, options.target))
