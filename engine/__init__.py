"""Hindcast's engine: CSV bytes -> Series -> contexts -> samples -> PlotData. Knows nothing of the web.

This package is the only door: nothing outside it imports a module below it.
"""

from engine import errors
from engine.answers import Loaded, Progress, QuickDraw, Upload, UploadRecord, Versions
from engine.audit import CheckReport
from engine.dataset import Dataset, Summary
from engine.engine import Engine
from engine.exports import Export
from engine.incoming import Incoming
from engine.ingest import Readback, ReadOptions
from engine.ingest.readback import Alternative, Decision
from engine.inventory import Inventory, StoredDataset, StoredForecasts
from engine.jobs import Statistics
from engine.meter import Failure, Latency
from engine.models.base import BASELINE, Forecaster, Loader, built_in, installed
from engine.plotdata import PlotData
from engine.rail import Rail
from engine.runner import RunnerStatus
from engine.scoring.answers import (
    Backtest,
    ByStep,
    Cell,
    Compared,
    Contender,
    Coverage,
    Measures,
    OverTime,
    Panel,
    Range,
    Ranks,
    Skill,
    Standing,
    Stretch,
)
from engine.scoring.warned import EventList, Events, Question, WarningList
from engine.series import Series, Step
from engine.settings import Settings
from engine.shares import Share
from engine.sketch import sketch
from engine.status import ModelStatus, Status
from engine.visitor import ANYBODY, Visitor, acting, visit, visitor
from engine.windows import CONTEXT_LENGTH, MIN_OBSERVED
from engine.wires import WireBlock

__all__ = (
    "ANYBODY",
    "BASELINE",
    "CONTEXT_LENGTH",
    "MIN_OBSERVED",
    "Alternative",
    "Backtest",
    "ByStep",
    "Cell",
    "CheckReport",
    "Compared",
    "Contender",
    "Coverage",
    "Dataset",
    "Decision",
    "Engine",
    "EventList",
    "Events",
    "Export",
    "Failure",
    "Forecaster",
    "Incoming",
    "Inventory",
    "Latency",
    "Loaded",
    "Loader",
    "Measures",
    "ModelStatus",
    "OverTime",
    "Panel",
    "PlotData",
    "Progress",
    "Question",
    "QuickDraw",
    "Rail",
    "Range",
    "Ranks",
    "ReadOptions",
    "Readback",
    "RunnerStatus",
    "Series",
    "Settings",
    "Share",
    "Skill",
    "Standing",
    "Statistics",
    "Status",
    "Step",
    "StoredDataset",
    "StoredForecasts",
    "Stretch",
    "Summary",
    "Upload",
    "UploadRecord",
    "Versions",
    "Visitor",
    "WarningList",
    "WireBlock",
    "acting",
    "built_in",
    "errors",
    "installed",
    "sketch",
    "visit",
    "visitor",
)
