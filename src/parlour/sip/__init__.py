"""SIP without sockets: messages, framing, transactions, dialogs. Pure: bytes, time and randomness are arguments."""
