"""What Parlour answers over HTTPS: health and metrics now; file transfer and room management pages will live here.

Knows the rules of chat only through `hub`, and no SIP.
"""
