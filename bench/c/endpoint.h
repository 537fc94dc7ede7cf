/* A signed-in SIP endpoint with one chat dialog: REGISTER, INVITE, INFO both ways. */
#ifndef BENCH_ENDPOINT_H
#define BENCH_ENDPOINT_H

#include "digest.h"
#include "net.h"
#include "ntlm.h"

typedef enum { AUTH_DIGEST, AUTH_NTLM } Auth;

typedef struct {
    const char *host, *domain, *password, *agent, *channel;
    int port, sources, verify_every;
    bool tls;
    Auth auth;
    uint32_t run; /* differs from one process to the next: part of every endpoint id and envelope id */
} Config;
extern Config config;

typedef enum { DOWN, REGISTERING, INVITING, UP } EndpointState;

enum { PENDING = 64 }; /* INFOs that may wait for their response on one endpoint; a power of two */

typedef struct Endpoint {
    Conn conn;
    int index, user;
    EndpointState state;
    bool signing;     /* NTLM: a security association exists */
    bool digest_each; /* the server wants credentials on requests after REGISTER too */
    bool proxy_auth;
    Ntlm ntlm;
    Digest digest;
    char aor[96], login[48], epid[16], call_id[48], tag[16];
    uint32_t register_cseq;
    /* The dialog. */
    char *callee, *dialog_id, *remote_to, *target, *routes;
    char dialog_tag[16];
    uint32_t cseq, branch;
    char invite_branch[40];
    struct {
        uint32_t cseq, post;
    } pending[PENDING];
    uint32_t envid;
    const char *expect; /* the reply id that the running step waits for */
    int step;           /* of the owner's */
    uint64_t step_at;
} Endpoint;

typedef struct {
    uint64_t infos, info_bytes, checked, bad_signatures;
} EndpointCounts;
extern EndpointCounts endpoint_counts;

void endpoint_start(Endpoint *e, int index, int user, const char *callee);
void endpoint_stop(Endpoint *e);
/* Sends an INFO with this body; `post` comes back in `on_answered`. */
void endpoint_info(Endpoint *e, Str body, uint32_t post);
void endpoint_bye(Endpoint *e);

/* Provided by the owner of all endpoints. */
void on_up(Endpoint *e);
void on_down(Endpoint *e, const char *why);
void on_answered(Endpoint *e, uint32_t post, int status, Str reason);
void on_body(Endpoint *e, Str body);

#endif
