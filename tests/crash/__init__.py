"""Kill -9 at random moments: a zygote forks children, each of which lives with an engine on one cache directory until
it is killed; the next one looks at everything before it goes on.

world: the files they upload, and what must be answered. child: a life. audit: what a killed process may leave.
zygote: forks them. ledger: what is known to be stored. harness: kills them.
"""
