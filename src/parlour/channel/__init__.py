"""The channel service: speaks XCCOS in SIP INFO with each client, and knows the rules of chat only through the hub."""
