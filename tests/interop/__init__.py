"""Parlour against programs that other people wrote: pidgin-sipe (the real client) and sipp."""
