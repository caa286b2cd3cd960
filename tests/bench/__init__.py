"""`make bench`: the figures the design asks for, measured on this machine and printed."""
