/* Digest SHA-256 (RFC 8760, RFC 7616), client side. */
#ifndef BENCH_DIGEST_H
#define BENCH_DIGEST_H

#include "text.h"

typedef struct {
    char *realm, *nonce, *opaque;
    char ha1[65];
    uint32_t count; /* uses of this nonce: nc */
} Digest;

/* Takes over a challenge; false unless it asks for SHA-256. */
bool digest_take(Digest *d, Str challenge, const char *user, const char *password);
/* Appends a complete credentials value (without header name). */
void digest_credentials(Digest *d, Buf *out, const char *user, const char *method, const char *uri, const char *cnonce);
void digest_response(char out[65], const char *ha1, const char *nonce, const char *nc, const char *cnonce,
                     const char *method, const char *uri);
void digest_ha1(char out[65], const char *user, const char *realm, const char *password);

#endif
