"""The use cases of group chat: decide, keep, tell. Knows no wire; every door of the house asks here."""
