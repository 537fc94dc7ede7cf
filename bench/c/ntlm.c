/* Datagram NTLMv2, client side. */
#define OPENSSL_SUPPRESS_DEPRECATED /* the low-level calls are what is wanted: contexts are copied on the hot path */
#include "ntlm.h"

#include <ctype.h>
#include <openssl/hmac.h>
#include <openssl/md4.h>
#include <openssl/rc4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    FLAG_56 = (int)0x80000000,
    FLAG_KEY_EXCH = 0x40000000,
    FLAG_128 = 0x20000000,
    FLAG_REQUEST_TARGET = 0x4,
    HEADER = 72,
};

static const uint8_t SEQUENCE[4] = {100, 0, 0, 0}; /* the same in every message of this protocol */

static uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t get32(const uint8_t *p) { return (uint32_t)get16(p) | (uint32_t)get16(p + 2) << 16; }
static void put16(uint8_t *p, size_t v) { p[0] = (uint8_t)v, p[1] = (uint8_t)(v >> 8); }
static void put32(uint8_t *p, uint32_t v) { put16(p, v & 0xffff), put16(p + 2, v >> 16); }

static size_t utf16(uint8_t *out, const char *ascii, bool upper) {
    size_t n = 0;
    for (; *ascii; ascii++) {
        out[n++] = (uint8_t)(upper ? toupper((unsigned char)*ascii) : *ascii);
        out[n++] = 0;
    }
    return n;
}

static void hmac_md5(uint8_t out[16], const uint8_t key[16], const void *a, size_t na, const void *b, size_t nb) {
    uint8_t text[4096];
    if (na + nb > sizeof text) die("NTLM: message too long");
    memcpy(text, a, na);
    if (nb) memcpy(text + na, b, nb);
    unsigned n = 16;
    HMAC(EVP_md5(), key, 16, text, na + nb, out, &n);
}

static void rc4(uint8_t *out, const uint8_t *key, size_t key_len, const uint8_t *in, size_t n) {
    RC4_KEY state;
    RC4_set_key(&state, (int)key_len, key);
    RC4(&state, n, in, out);
}

void ntlm_ntowf1(uint8_t out[16], const char *password) {
    uint8_t wide[512];
    if (strlen(password) > 255) die("NTLM: password too long");
    MD4(wide, utf16(wide, password, false), out);
}

void ntlm_ntowf2(uint8_t out[16], const char *password, const char *user, const char *domain) {
    uint8_t key[16], name[1024];
    if (strlen(user) + strlen(domain) > 500) die("NTLM: name too long");
    ntlm_ntowf1(key, password);
    size_t n = utf16(name, user, true);
    n += utf16(name + n, domain, false);
    hmac_md5(out, key, name, n, NULL, 0);
}

static void derive(uint8_t out[16], const uint8_t *key, size_t n, const char *magic) {
    MD5_CTX c;
    MD5_Init(&c);
    MD5_Update(&c, key, n);
    MD5_Update(&c, magic, strlen(magic) + 1); /* the final NUL belongs to the constant */
    MD5_Final(out, &c);
}

void ntlm_keys(NtlmKeys *keys, const uint8_t exported[16], uint32_t flags) {
    size_t n = flags & FLAG_128 ? 16 : flags & (uint32_t)FLAG_56 ? 7 : 5;
    derive(keys->client_sign, exported, 16, "session key to client-to-server signing key magic constant");
    derive(keys->client_seal, exported, n, "session key to client-to-server sealing key magic constant");
    derive(keys->server_sign, exported, 16, "session key to server-to-client signing key magic constant");
    derive(keys->server_seal, exported, n, "session key to server-to-client sealing key magic constant");
}

static void signer_init(NtlmSigner *s, const uint8_t sign[16], const uint8_t seal[16]) {
    uint8_t pad[64], key[16], zeros[8] = {0};
    memset(pad, 0x36, sizeof pad);
    for (int i = 0; i < 16; i++) pad[i] ^= sign[i];
    MD5_Init(&s->inner);
    MD5_Update(&s->inner, pad, sizeof pad);
    MD5_Update(&s->inner, SEQUENCE, sizeof SEQUENCE);
    for (int i = 0; i < 64; i++) pad[i] ^= 0x36 ^ 0x5c;
    MD5_Init(&s->outer);
    MD5_Update(&s->outer, pad, sizeof pad);
    MD5_CTX c;
    MD5_Init(&c);
    MD5_Update(&c, seal, 16);
    MD5_Update(&c, SEQUENCE, sizeof SEQUENCE);
    MD5_Final(key, &c);
    rc4(s->stream, key, 16, zeros, 8);
}

void ntlm_ready(Ntlm *ntlm, const NtlmKeys *keys) {
    signer_init(&ntlm->client, keys->client_sign, keys->client_seal);
    signer_init(&ntlm->server, keys->server_sign, keys->server_seal);
}

void ntlm_sign(const NtlmSigner *signer, Str text, char out[NTLM_SIGNATURE]) {
    MD5_CTX c = signer->inner;
    uint8_t sum[16];
    MD5_Update(&c, text.p, text.n);
    MD5_Final(sum, &c);
    c = signer->outer;
    MD5_Update(&c, sum, 16);
    MD5_Final(sum, &c);
    for (int i = 0; i < 8; i++) sum[i] ^= signer->stream[i];
    memcpy(out, "01000000", 8);
    hex_encode(out + 8, sum, 8, true);
    memcpy(out + 24, "64000000", 9);
}

static size_t field(uint8_t *type3, int at, size_t offset, const uint8_t *data, size_t n) {
    put16(type3 + at, n);
    put16(type3 + at + 2, n);
    put32(type3 + at + 4, (uint32_t)offset);
    memcpy(type3 + offset, data, n);
    return offset + n;
}

/* The blob that NTLMv2 hashes: time, client challenge and the server's own description, unchanged. */
static size_t make_blob(uint8_t *blob, const uint8_t *info, size_t n, const uint8_t challenge[8]) {
    memset(blob, 0, 28);
    blob[0] = blob[1] = 1;
    uint64_t stamp = ((uint64_t)time(NULL) + 11644473600u) * 10000000u;
    put32(blob + 8, (uint32_t)stamp);
    put32(blob + 12, (uint32_t)(stamp >> 32));
    for (size_t at = 0; at + 4 <= n && get16(info + at);) {
        size_t length = get16(info + at + 2);
        if (at + 4 + length > n) break;
        if (get16(info + at) == 7 && length == 8) memcpy(blob + 8, info + at + 4, 8);
        at += 4 + length;
    }
    memcpy(blob + 16, challenge, 8);
    memcpy(blob + 28, info, n);
    memset(blob + 28 + n, 0, 4);
    return 28 + n + 4;
}

long ntlm_answer(Ntlm *ntlm, uint8_t *type3, const uint8_t *type2, size_t n, const char *user, const char *password,
                 const uint8_t random[24]) {
    if (n < 48 || memcmp(type2, "NTLMSSP", 8) || get32(type2 + 8) != 2) return -1;
    uint32_t flags = get32(type2 + 20);
    if ((flags & 0x40988251) != 0x40988251) return -1;
    const uint8_t *nonce = type2 + 24;
    size_t info_len = get16(type2 + 40), info_at = get32(type2 + 44);
    if (info_at > n || info_len > n - info_at || info_len > 1024) return -1;
    if (flags & FLAG_128) flags &= ~(uint32_t)FLAG_56;
    flags |= FLAG_REQUEST_TARGET;

    uint8_t owf[16], blob[1100], response[1200], lm[24], base[16], sealed[16], wide[512];
    ntlm_ntowf2(owf, password, user, "");
    size_t blob_len = make_blob(blob, type2 + info_at, info_len, random);
    hmac_md5(response, owf, nonce, 8, blob, blob_len);
    memcpy(response + 16, blob, blob_len);
    hmac_md5(base, owf, response, 16, NULL, 0);
    hmac_md5(lm, owf, nonce, 8, random, 8);
    memcpy(lm + 16, random, 8);
    const uint8_t *exported = random + 8;
    rc4(sealed, base, 16, exported, 16);

    memset(type3, 0, HEADER);
    memcpy(type3, "NTLMSSP", 8);
    put32(type3 + 8, 3);
    put32(type3 + 60, flags);
    memcpy(type3 + 64, "\5\1\x28\x0a\0\0\0\x0f", 8);
    size_t at = field(type3, 28, HEADER, (const uint8_t *)"", 0);
    if (strlen(user) > 200) return -1;
    at = field(type3, 36, at, wide, utf16(wide, user, false));
    at = field(type3, 44, at, wide, utf16(wide, "BENCH", false));
    at = field(type3, 12, at, lm, sizeof lm);
    at = field(type3, 20, at, response, 16 + blob_len);
    at = field(type3, 52, at, sealed, 16);

    NtlmKeys keys;
    ntlm_keys(&keys, exported, flags);
    ntlm_ready(ntlm, &keys);
    ntlm->count = 0;
    return (long)at;
}

bool ntlm_exported(uint8_t exported[16], uint8_t proof[16], const uint8_t *type3, size_t n, const uint8_t nonce[8],
                   const char *user, const char *domain, const char *password) {
    size_t response_len = get16(type3 + 20), response_at = get32(type3 + 24), key_at = get32(type3 + 56);
    if (response_at + response_len > n || response_len < 16 || key_at + 16 > n) return false;
    const uint8_t *response = type3 + response_at;
    uint8_t owf[16], base[16];
    ntlm_ntowf2(owf, password, user, domain);
    hmac_md5(proof, owf, nonce, 8, response + 16, response_len - 16);
    hmac_md5(base, owf, proof, 16, NULL, 0);
    rc4(exported, base, 16, type3 + key_at, 16);
    return !memcmp(proof, response, 16);
}

static void bracket(Buf *out, Str s) {
    buf_add(out, "<", 1);
    buf_str(out, s);
    buf_add(out, ">", 1);
}

void ntlm_text(Buf *out, Str rand, Str num, Str realm, Str target, const Message *m, int status) {
    char digits[16];
    out->n = 0;
    buf_add(out, "<NTLM>", 6);
    bracket(out, rand);
    bracket(out, num);
    bracket(out, realm);
    bracket(out, target);
    bracket(out, m->call_id);
    bracket(out, (Str){digits, (size_t)sprintf(digits, "%u", m->cseq)});
    bracket(out, m->method);
    bracket(out, address_uri(m->from));
    bracket(out, address_tag(m->from));
    bracket(out, address_uri(m->to));
    bracket(out, address_tag(m->to));
    buf_add(out, "<><>", 4);
    bracket(out, m->expires);
    if (status) bracket(out, (Str){digits, (size_t)sprintf(digits, "%d", status)});
}
