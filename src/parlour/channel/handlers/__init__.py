"""Handlers of commands, by family."""
