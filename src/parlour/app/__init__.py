"""Everything that makes one running program of the parts: settings, wiring, lifespan, logging, metrics, administration.

Only this package (and `cli` above it) names concrete stores, buses and directories.
"""
