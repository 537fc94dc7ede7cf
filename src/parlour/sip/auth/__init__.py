"""Arithmetic of signing in: NTLM and its message signatures, Digest, and the price of wrong passwords."""
