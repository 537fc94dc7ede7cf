"""XML of the wire, for every core and service that reads or writes some: one hardened reader, one way to escape."""
