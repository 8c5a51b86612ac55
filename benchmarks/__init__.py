"""Every figure beside its reference from the same run, so that the machine's speed cancels out: `make bench`."""
