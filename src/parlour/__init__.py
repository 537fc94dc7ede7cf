"""Parlour: on-premises persistent group chat over SIP. `docs/architecture.md` is the map of this package."""

__version__ = "0.1.0"
