"""What a room is: values, rights and decisions. Pure: no I/O, no clock, no randomness of its own."""
