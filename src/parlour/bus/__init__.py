"""What has happened, told to other servers of a pool. One process needs no bus; a pool will get one over NATS.

The truth stays in the store: whatever a bus forgets can be read back from there.
"""
