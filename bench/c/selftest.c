/* Checks the load generator's own cryptography against published or recorded values before anything is measured. */
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "ntlm.h"

static int failures;

static void expect(const char *what, const char *want, const uint8_t *got, size_t n) {
    char hex[129];
    hex_encode(hex, got, n, false);
    if (strcmp(hex, want)) {
        printf("%s: want %s, got %s\n", what, want, hex);
        failures++;
    }
}

static void expect_text(const char *what, const char *want, const char *got) {
    if (strcmp(want, got)) {
        printf("%s: want %s, got %s\n", what, want, got);
        failures++;
    }
}

/* A sign-in of a SIPE 1.25 client, recorded on loopback with a made-up account. */
static const char TYPE3[] =
    "TlRMTVNTUAADAAAAGAAYAGQAAACQAJAAfAAAAA4ADgBIAAAACgAKAFYAAAAEAAQAYAAAABAAEAAMAQAAVYKYYgUBKAoAAAAPQwBPAE4AVABPAFMATwBh"
    "AGwAaQBjAGUAVgBNAPESZkZileu6kkhOm02GZtdklLk9j9GJA++Elb05LPWn/NGuBjwpUBIBAQAAAAAAAICXgD9med0BZJS5PY/RiQMAAAAAAgAOAEMA"
    "TwBOAFQATwBTAE8AAQAIAFMAVABVAEIABAAWAGMAbwBuAHQAbwBzAG8ALgBjAG8AbQADACAAcwB0AHUAYgAuAGMAbwBuAHQAbwBzAG8ALgBjAG8AbQAA"
    "AAAAAAAAANQ8SOkIolfnsAdCXA3pk6w=";
static const char SIGNED_BY_CLIENT[] =
    "<NTLM><47782294><1><SIP Communications Service><stub.contoso.com><8B45gBC28a4168i47F3mFB7At2231b0A6DxA790x><3>"
    "<REGISTER><sip:alice@contoso.com><4691029580><sip:alice@contoso.com><><><><>";
static const char SIGNED_BY_SERVER[] =
    "<NTLM><B76D9E8B><1><SIP Communications Service><stub.contoso.com><8B45gBC28a4168i47F3mFB7At2231b0A6DxA790x><3>"
    "<REGISTER><sip:alice@contoso.com><4691029580><sip:alice@contoso.com><D1DFA433><><><7200><200>";
static const char SERVER_RESPONSE[] =
    "SIP/2.0 200 OK\r\n"
    "Via: SIP/2.0/tcp 127.0.0.1:56510;branch=z9hG4bK60816DE2800530F096F1\r\n"
    "From: <sip:alice@contoso.com>;tag=4691029580;epid=c97532c1946f\r\n"
    "To: <sip:alice@contoso.com>;tag=D1DFA433\r\n"
    "Call-ID: 8B45gBC28a4168i47F3mFB7At2231b0A6DxA790x\r\n"
    "CSeq: 3 REGISTER\r\n"
    "Expires: 7200\r\n"
    "Content-Length: 0\r\n\r\n";

static void recorded_exchange(void) {
    uint8_t type3[512], owf[16], exported[16], proof[16], nonce[8];
    char signature[NTLM_SIGNATURE];
    long n = base64_decode(type3, sizeof type3, str_of(TYPE3));
    hex_decode(nonce, 8, S("9251b921880921c2"));
    ntlm_ntowf1(owf, "Secret123");
    expect("NTOWFv1", "63647965f13544c6551d5fdb7ffd13e0", owf, 16);
    ntlm_ntowf2(owf, "Secret123", "alice", "CONTOSO");
    expect("NTOWFv2", "173e24344b8193ad84af7a7294f9d4db", owf, 16);
    if (!ntlm_exported(exported, proof, type3, (size_t)n, nonce, "alice", "CONTOSO", "Secret123")) {
        printf("NTProofStr does not match the message\n");
        failures++;
    }
    expect("NTProofStr", "ef8495bd392cf5a7fcd1ae063c295012", proof, 16);
    expect("exported session key", "476b9c30e16c012ddb62e67b3d928340", exported, 16);
    NtlmKeys keys;
    ntlm_keys(&keys, exported, 0x62988255);
    expect("client sign", "9dee92dd43b1d7a6b9fe091211be512b", keys.client_sign, 16);
    expect("client seal", "1d8e1814882b46f8b3612c3d91bc306a", keys.client_seal, 16);
    expect("server sign", "f7a91364310834fbdda704386bfd0da0", keys.server_sign, 16);
    expect("server seal", "40f4e07030fcdbf3089dbfc9b7bb598f", keys.server_seal, 16);
    Ntlm ntlm = {0};
    ntlm_ready(&ntlm, &keys);
    ntlm_sign(&ntlm.client, str_of(SIGNED_BY_CLIENT), signature);
    expect_text("client signature", "01000000D75B51D6F473CEE764000000", signature);
    ntlm_sign(&ntlm.server, str_of(SIGNED_BY_SERVER), signature);
    expect_text("server signature", "01000000C91566F89718919E64000000", signature);

    Message m;
    Buf text = {0};
    if (message_parse(&m, SERVER_RESPONSE, sizeof SERVER_RESPONSE - 1) != sizeof SERVER_RESPONSE - 1) {
        printf("response not parsed\n");
        failures++;
        return;
    }
    ntlm_text(&text, S("B76D9E8B"), S("1"), S("SIP Communications Service"), S("stub.contoso.com"), &m, m.status);
    buf_add(&text, "", 1);
    expect_text("signed string", SIGNED_BY_SERVER, text.p);
    buf_free(&text);
}

/* RFC 7616 section 3.4.1; the expected value was worked out with Python's hashlib. */
static void digest_example(void) {
    char ha1[65], response[65];
    digest_ha1(ha1, "bench", "example.com", "open sesame");
    digest_response(response, ha1, "bm9uY2U", "00000001", "0a4f113b", "REGISTER", "sip:example.com");
    expect_text("Digest SHA-256", "c141f610f4f40cbe63452a35dedd35cd9a2deda2632be30b175155b0b60cbabe", response);
}

int main(void) {
    recorded_exchange();
    digest_example();
    return failures ? 1 : 0;
}
