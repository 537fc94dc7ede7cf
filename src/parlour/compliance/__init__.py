"""The compliance archive. Empty as yet: what it will read is written already, as outbox rows (`store.api`)."""
