"""hindcast-small: a patch transformer that mixes statistical candidate forecasts, trained on synthetic series only."""

import os

# Read by MKL before its first product: else a row's last digits depend on its place in a batch on some processors.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
