"""hindcast-small: a patch transformer that mixes statistical candidate forecasts, trained on synthetic series only."""
