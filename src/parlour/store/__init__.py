"""What is kept: posts and the outbox, rooms and categories, documents. `api` says what may be asked of a store."""
