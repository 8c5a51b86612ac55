"""Synthetic series and the training of the built-in forecaster; the product never imports it."""
