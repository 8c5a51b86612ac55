"""Hindcast's engine: CSV bytes -> Series -> contexts -> samples -> PlotData. Knows nothing of the web.

This package is the only door: nothing outside it imports a module below it.
"""

from engine import errors
from engine.dataset import Dataset, Summary
from engine.engine import Engine, Progress, Status, Upload, UploadRecord
from engine.ingest import Readback, ReadOptions
from engine.models.base import Forecaster, Loader, built_in
from engine.plotdata import PlotData
from engine.series import Series, Step
from engine.settings import Settings

__all__ = (
    "Dataset",
    "Engine",
    "Forecaster",
    "Loader",
    "PlotData",
    "Progress",
    "ReadOptions",
    "Readback",
    "Series",
    "Settings",
    "Status",
    "Step",
    "Summary",
    "Upload",
    "UploadRecord",
    "built_in",
    "errors",
)
