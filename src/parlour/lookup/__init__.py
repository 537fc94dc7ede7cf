"""The lookup service: tells a client which channel service to call (`cmd:requri`), and is hung up on."""
