"""The front end: registrar, authentication, in-band provisioning, presence, contacts; otherwise a proxy."""
