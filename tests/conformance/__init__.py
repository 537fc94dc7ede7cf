"""Does a server keep to docs/protocol? Scripts in the words of the call flows, for ours and for others (README.md)."""
