/* The client's half of datagram NTLMv2 and its signature over SIP messages (MS-NLMP, MS-SIPAE version 4).

   Written from the published protocols, apart from the server's code, so that each checks the other. */
#ifndef BENCH_NTLM_H
#define BENCH_NTLM_H

#include <openssl/md5.h>

#include "text.h"

#define NTLM_TYPE3_MAX 2048
#define NTLM_SIGNATURE 33 /* hex digits and NUL */

/* One direction's keys, ready for use: HMAC-MD5 with its pads absorbed, and the RC4 key stream, which is the same for
   every message because the sequence number always is. */
typedef struct {
    MD5_CTX inner, outer;
    uint8_t stream[8];
} NtlmSigner;

typedef struct {
    NtlmSigner client, server;
    char *realm, *target, *opaque;
    uint32_t count; /* signatures made so far: cnum */
} Ntlm;

typedef struct {
    uint8_t client_sign[16], client_seal[16], server_sign[16], server_seal[16];
} NtlmKeys;

/* Key derivation from the exported session key and the negotiated flags. */
void ntlm_keys(NtlmKeys *keys, const uint8_t exported[16], uint32_t flags);
void ntlm_ready(Ntlm *ntlm, const NtlmKeys *keys);
void ntlm_ntowf1(uint8_t out[16], const char *password);
void ntlm_ntowf2(uint8_t out[16], const char *password, const char *user, const char *domain);
void ntlm_sign(const NtlmSigner *signer, Str text, char out[NTLM_SIGNATURE]);

/* Answers a type 2 message: writes the type 3 message and fills in the signers. Returns its size, or -1. */
long ntlm_answer(Ntlm *ntlm, uint8_t *type3, const uint8_t *type2, size_t n, const char *user, const char *password,
                 const uint8_t random[24]);

/* For checking against a recorded exchange: the exported key of a type 3 message. */
bool ntlm_exported(uint8_t exported[16], uint8_t proof[16], const uint8_t *type3, size_t n, const uint8_t nonce[8],
                   const char *user, const char *domain, const char *password);

/* The string that MS-SIPAE signs for a message; `status` 0 for a request. */
void ntlm_text(Buf *out, Str rand, Str num, Str realm, Str target, const Message *m, int status);

#endif
