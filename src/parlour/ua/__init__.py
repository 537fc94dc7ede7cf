"""SIP with sockets: listeners, connections, transactions driven by one timer, dialogs, and the push side of INFO."""
