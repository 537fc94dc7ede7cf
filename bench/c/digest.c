/* Digest SHA-256, client side. */
#include "digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void sha256_hex(char out[65], const Buf *text) {
    uint8_t sum[32];
    unsigned n = sizeof sum;
    if (!EVP_Digest(text->p, text->n, sum, &n, EVP_sha256(), NULL)) die("SHA-256 failed");
    hex_encode(out, sum, 32, false);
}

void digest_ha1(char out[65], const char *user, const char *realm, const char *password) {
    Buf b = {0};
    buf_fmt(&b, "%s:%s:%s", user, realm, password);
    sha256_hex(out, &b);
    buf_free(&b);
}

void digest_response(char out[65], const char *ha1, const char *nonce, const char *nc, const char *cnonce,
                     const char *method, const char *uri) {
    Buf b = {0};
    char ha2[65];
    buf_fmt(&b, "%s:%s", method, uri);
    sha256_hex(ha2, &b);
    b.n = 0;
    buf_fmt(&b, "%s:%s:%s:%s:auth:%s", ha1, nonce, nc, cnonce, ha2);
    sha256_hex(out, &b);
    buf_free(&b);
}

bool digest_take(Digest *d, Str challenge, const char *user, const char *password) {
    if (!str_starts(challenge, "Digest ")) return false;
    challenge.p += 7, challenge.n -= 7;
    Str algorithm = str_param(challenge, "algorithm");
    if (algorithm.n != 7 || strncasecmp(algorithm.p, "SHA-256", 7)) return false;
    free(d->realm), free(d->nonce), free(d->opaque);
    d->realm = str_dup(str_param(challenge, "realm"));
    d->nonce = str_dup(str_param(challenge, "nonce"));
    d->opaque = str_dup(str_param(challenge, "opaque"));
    d->count = 0;
    digest_ha1(d->ha1, user, d->realm, password);
    return true;
}

void digest_credentials(Digest *d, Buf *out, const char *user, const char *method, const char *uri, const char *cnonce) {
    char nc[9], response[65];
    snprintf(nc, sizeof nc, "%08x", ++d->count);
    digest_response(response, d->ha1, d->nonce, nc, cnonce, method, uri);
    buf_fmt(out,
            "Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", response=\"%s\", algorithm=SHA-256, "
            "cnonce=\"%s\", qop=auth, nc=%s",
            user, d->realm, d->nonce, uri, response, cnonce, nc);
    if (*d->opaque) buf_fmt(out, ", opaque=\"%s\"", d->opaque);
}
