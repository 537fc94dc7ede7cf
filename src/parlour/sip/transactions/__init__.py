"""The four transaction machines of RFC 3261 section 17, each a table, and how messages find theirs."""
