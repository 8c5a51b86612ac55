"""How right was it: every forecast of a file against what then happened, in numbers that say how sure they are."""
