/* The SIP side of one simulated client. */
#define _GNU_SOURCE
#include "endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

Config config;
EndpointCounts endpoint_counts;

static Buf out_buffer;  /* the message being rendered */
static Buf sign_buffer; /* the string being signed */

static const char *transport(void) { return config.tls ? "TLS" : "TCP"; }

static void clear_dialog(Endpoint *e) {
    free(e->dialog_id), free(e->remote_to), free(e->target), free(e->routes);
    e->dialog_id = e->remote_to = e->target = e->routes = NULL;
}

/* ---- signing -------------------------------------------------------------------------------------------------- */

static void ntlm_header(Endpoint *e, Buf *out, const Message *m, int status, Str token) {
    char rand[9], num[12], signature[NTLM_SIGNATURE];
    e->ntlm.count++;
    Str crand = {rand, (size_t)sprintf(rand, "%08x", e->ntlm.count * 2654435761u ^ config.run)};
    Str cnum = {num, (size_t)sprintf(num, "%u", e->ntlm.count)};
    ntlm_text(&sign_buffer, crand, cnum, str_of(e->ntlm.realm), str_of(e->ntlm.target), m, status);
    ntlm_sign(&e->ntlm.client, (Str){sign_buffer.p, sign_buffer.n}, signature);
    buf_fmt(out, "Authorization: NTLM qop=\"auth\", opaque=\"%s\", realm=\"%s\", targetname=\"%s\"", e->ntlm.opaque,
            e->ntlm.realm, e->ntlm.target);
    if (token.n) buf_fmt(out, ", gssapi-data=\"%.*s\", version=4", (int)token.n, token.p);
    buf_fmt(out, ", crand=\"%s\", cnum=\"%s\", response=\"%s\"\r\n", rand, num, signature);
}

static bool server_signature_holds(Endpoint *e, const Message *m) {
    char signature[NTLM_SIGNATURE];
    Str given = str_param(m->auth_info, "rspauth");
    if (given.n != NTLM_SIGNATURE - 1) return false;
    ntlm_text(&sign_buffer, str_param(m->auth_info, "srand"), str_param(m->auth_info, "snum"),
              str_param(m->auth_info, "realm"), str_param(m->auth_info, "targetname"), m, m->status);
    ntlm_sign(&e->ntlm.server, (Str){sign_buffer.p, sign_buffer.n}, signature);
    for (size_t i = 0; i < given.n; i++)
        if ((given.p[i] | 0x20) != (signature[i] | 0x20)) return false;
    return true;
}

/* Every signature of anything but INFO is checked, and that of one INFO in `verify_every`. */
static void check_signature(Endpoint *e, const Message *m) {
    if (!e->signing || (!m->request && m->status < 200)) return;
    static uint32_t turn;
    bool info = m->request && str_is(m->method, "INFO");
    if (info && (config.verify_every <= 0 || ++turn % (uint32_t)config.verify_every)) return;
    endpoint_counts.checked++;
    if (!server_signature_holds(e, m)) {
        if (!endpoint_counts.bad_signatures++)
            fprintf(stderr, "bad signature on: %.*s\n", (int)m->head.n, m->head.p);
    }
}

/* ---- requests ------------------------------------------------------------------------------------------------- */

/* Ends a request whose headers stand in out_buffer: length, credentials, blank line, body; and sends it. */
static void finish(Endpoint *e, const char *method, const char *uri, Str body, Str token) {
    Buf *b = &out_buffer;
    buf_fmt(b, "Content-Length: %zu\r\n", body.n);
    if (e->signing) {
        Message m;
        size_t length;
        if (!message_head(&m, b->p, b->n, &length)) die("own request does not parse");
        static Buf line; /* apart from b: m points into that */
        line.n = 0;
        ntlm_header(e, &line, &m, 0, token);
        buf_add(b, line.p, line.n);
    } else if (e->digest.nonce && (e->digest_each || !strcmp(method, "REGISTER"))) {
        char cnonce[24];
        sprintf(cnonce, "%08x%08x", config.run, ++e->branch);
        buf_fmt(b, "%s: ", e->proxy_auth ? "Proxy-Authorization" : "Authorization");
        digest_credentials(&e->digest, b, e->login, !strcmp(method, "ACK") ? "INVITE" : method, uri, cnonce);
        buf_add(b, "\r\n", 2);
    } else if (token.n) {
        buf_str(b, token);
    }
    buf_add(b, "\r\n", 2);
    buf_str(b, body);
    net_send(&e->conn, b->p, b->n);
}

static void via(Endpoint *e, char branch[40]) {
    sprintf(branch, "z9hG4bK%08x%x-%x", config.run, (unsigned)e->index, ++e->branch);
}

/* `token`: NTLM version 4 data for the third REGISTER, or a ready Authorization line for the second. */
static void send_register(Endpoint *e, Str token) {
    char branch[40], uri[96];
    via(e, branch);
    snprintf(uri, sizeof uri, "sip:%s", config.domain);
    out_buffer.n = 0;
    buf_fmt(&out_buffer,
            "REGISTER %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=%s\r\nFrom: <%s>;tag=%s;epid=%s\r\nTo: <%s>\r\n"
            "Max-Forwards: 70\r\nCSeq: %u REGISTER\r\nUser-Agent: %s\r\nCall-ID: %s\r\n"
            "Contact: <sip:%s;transport=%s>;proxy=replace;+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-%s>\"\r\n"
            "Supported: gruu-10, adhoclist, msrtc-event-categories\r\nExpires: 7200\r\n",
            uri, transport(), e->conn.local, branch, e->aor, e->tag, e->epid, e->aor, ++e->register_cseq, config.agent,
            e->call_id, e->conn.local, config.tls ? "tls" : "tcp", e->epid);
    finish(e, "REGISTER", uri, (Str){0}, token);
}

static void dialog_headers(Endpoint *e, const char *method, const char *uri, const char *branch, uint32_t cseq) {
    out_buffer.n = 0;
    buf_fmt(&out_buffer,
            "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=%s\r\nFrom: <%s>;tag=%s;epid=%s\r\nTo: %s\r\n"
            "Max-Forwards: 70\r\nCSeq: %u %s\r\nUser-Agent: %s\r\nCall-ID: %s\r\n",
            method, uri, transport(), e->conn.local, branch, e->aor, e->dialog_tag, e->epid, e->remote_to, cseq, method,
            config.agent, e->dialog_id);
    if (e->routes) buf_add(&out_buffer, e->routes, strlen(e->routes));
}

static void contact_header(Endpoint *e) {
    buf_fmt(&out_buffer, "Contact: <sip:%s@%s;transport=%s>\r\n", e->login, e->conn.local, config.tls ? "tls" : "tcp");
}

static void send_invite(Endpoint *e) {
    static const char sdp[] =
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=session\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message 5060 sip null\r\n"
        "a=accept-types:text/plain\r\n";
    clear_dialog(e);
    if (asprintf(&e->dialog_id, "d%08x%x-%x@bench", config.run, (unsigned)e->index, ++e->branch) < 0 ||
        asprintf(&e->remote_to, "<%s>", e->callee) < 0)
        die("out of memory");
    via(e, e->invite_branch);
    e->cseq++;
    dialog_headers(e, "INVITE", e->callee, e->invite_branch, e->cseq);
    contact_header(e);
    buf_fmt(&out_buffer, "Supported: ms-sender\r\nContent-Type: application/sdp\r\n");
    finish(e, "INVITE", e->callee, S(sdp), (Str){0});
    e->state = INVITING;
}

static void send_ack(Endpoint *e, bool success) {
    char branch[40];
    if (success) via(e, branch);
    const char *uri = success ? e->target : e->callee;
    dialog_headers(e, "ACK", uri, success ? branch : e->invite_branch, e->cseq);
    finish(e, "ACK", uri, (Str){0}, (Str){0});
}

void endpoint_info(Endpoint *e, Str body, uint32_t post) {
    char branch[40];
    if (e->state != UP) return;
    via(e, branch);
    e->cseq++;
    e->pending[e->cseq % PENDING].cseq = e->cseq;
    e->pending[e->cseq % PENDING].post = post;
    dialog_headers(e, "INFO", e->target, branch, e->cseq);
    buf_add(&out_buffer, "Content-Type: text/plain\r\n", 26);
    finish(e, "INFO", e->target, body, (Str){0});
}

void endpoint_bye(Endpoint *e) {
    char branch[40];
    if (e->state != UP) return;
    via(e, branch);
    dialog_headers(e, "BYE", e->target, branch, ++e->cseq);
    finish(e, "BYE", e->target, (Str){0}, (Str){0});
}

/* ---- responses ------------------------------------------------------------------------------------------------ */

static void fail(Endpoint *e, const char *what, const Message *m) {
    char why[256];
    snprintf(why, sizeof why, "%s: %.*s", what, (int)(m->first.n > 200 ? 200 : m->first.n), m->first.p);
    endpoint_stop(e);
    on_down(e, why);
}

static Str ntlm_challenge(const Message *m) {
    for (int i = 0; i < m->challenges; i++)
        if (str_starts(m->challenge[i], "NTLM ")) return m->challenge[i];
    return (Str){0};
}

static void replace(char **old, Str s) {
    free(*old);
    *old = str_dup(s);
}

static bool ntlm_step(Endpoint *e, const Message *m) {
    Str challenge = ntlm_challenge(m), token = str_param(challenge, "gssapi-data");
    if (!challenge.n || e->signing) return false;
    replace(&e->ntlm.realm, str_param(challenge, "realm"));
    replace(&e->ntlm.target, str_param(challenge, "targetname"));
    replace(&e->ntlm.opaque, str_param(challenge, "opaque"));
    if (!token.n) {
        Buf line = {0};
        buf_fmt(&line,
                "Authorization: NTLM qop=\"auth\", realm=\"%s\", targetname=\"%s\", gssapi-data=\"\", version=4\r\n",
                e->ntlm.realm, e->ntlm.target);
        send_register(e, (Str){line.p, line.n});
        buf_free(&line);
        return true;
    }
    uint8_t type2[2048], type3[NTLM_TYPE3_MAX], random[24];
    char text[NTLM_TYPE3_MAX * 2];
    long n = base64_decode(type2, sizeof type2, token);
    if (n < 0 || getrandom(random, sizeof random, 0) != sizeof random) return false;
    n = ntlm_answer(&e->ntlm, type3, type2, (size_t)n, e->login, config.password, random);
    if (n < 0) return false;
    e->signing = true;
    send_register(e, (Str){text, base64_encode(text, type3, (size_t)n)});
    return true;
}

static bool digest_step(Endpoint *e, const Message *m) {
    if (e->digest.nonce && e->register_cseq > 3 && e->state == REGISTERING) return false; /* refused, not challenged */
    for (int i = 0; i < m->challenges; i++) {
        if (!digest_take(&e->digest, m->challenge[i], e->login, config.password)) continue;
        e->proxy_auth = m->proxy_challenge;
        return true;
    }
    return false;
}

static void on_register(Endpoint *e, const Message *m) {
    if (m->status == 401 || m->status == 407) {
        if (config.auth == AUTH_NTLM && ntlm_step(e, m)) return;
        if (config.auth == AUTH_DIGEST && digest_step(e, m)) return send_register(e, (Str){0});
    }
    if (m->status != 200) return fail(e, "REGISTER", m);
    if (e->state == REGISTERING) send_invite(e);
}

static void learn_dialog(Endpoint *e, const Message *m) {
    replace(&e->remote_to, m->to);
    replace(&e->target, m->contact.n ? address_uri(m->contact) : str_of(e->callee));
    Buf routes = {0};
    for (int i = m->record_routes - 1; i >= 0; i--)
        buf_fmt(&routes, "Route: %.*s\r\n", (int)m->record_route[i].n, m->record_route[i].p);
    if (routes.n) replace(&e->routes, (Str){routes.p, routes.n});
    buf_free(&routes);
}

static void on_invite(Endpoint *e, const Message *m) {
    if (e->state != INVITING || m->cseq != e->cseq) return;
    if (m->status == 200) {
        learn_dialog(e, m);
        send_ack(e, true);
        e->state = UP;
        return on_up(e);
    }
    replace(&e->remote_to, m->to);
    send_ack(e, false);
    if ((m->status == 401 || m->status == 407) && !e->digest_each && config.auth == AUTH_DIGEST && digest_step(e, m)) {
        e->digest_each = true;
        return send_invite(e);
    }
    fail(e, "INVITE", m);
}

static void on_info_response(Endpoint *e, const Message *m) {
    uint32_t slot = m->cseq % PENDING;
    if (e->pending[slot].cseq != m->cseq) return;
    e->pending[slot].cseq = 0;
    on_answered(e, e->pending[slot].post, m->status, m->first);
}

static void on_response(Endpoint *e, const Message *m) {
    if (m->status < 200) return;
    if (str_is(m->method, "INFO"))
        on_info_response(e, m);
    else if (str_is(m->method, "REGISTER"))
        on_register(e, m);
    else if (str_is(m->method, "INVITE"))
        on_invite(e, m);
}

/* ---- requests from the server --------------------------------------------------------------------------------- */

static void answer_200(Endpoint *e, const Message *m) {
    Buf *b = &out_buffer;
    b->n = 0;
    buf_add(b, "SIP/2.0 200 OK\r\n", 16);
    for (int i = 0; i < m->echoes; i++) buf_str(b, m->echo[i]);
    buf_add(b, "Content-Length: 0\r\n", 19);
    if (e->signing) ntlm_header(e, b, m, 200, (Str){0});
    buf_add(b, "\r\n", 2);
    net_send(&e->conn, b->p, b->n);
}

static void on_request(Endpoint *e, const Message *m, long size) {
    if (str_is(m->method, "ACK") || str_is(m->method, "BENOTIFY")) return;
    answer_200(e, m);
    if (str_is(m->method, "INFO")) {
        endpoint_counts.infos++;
        endpoint_counts.info_bytes += (uint64_t)size;
        on_body(e, m->body);
    }
}

static long on_data(void *owner, const char *p, size_t n) {
    Endpoint *e = owner;
    size_t used = 0;
    Message m;
    while (used < n) {
        long took = message_parse(&m, p + used, n - used);
        if (took < 0) {
            fprintf(stderr, "not SIP: %.*s\n", (int)(n - used > 300 ? 300 : n - used), p + used);
            return -1;
        }
        if (!took) break;
        used += (size_t)took;
        check_signature(e, &m);
        if (m.request)
            on_request(e, &m, took);
        else
            on_response(e, &m);
        if (e->conn.fd < 0) return (long)n;
    }
    return (long)used;
}

/* ---- life ----------------------------------------------------------------------------------------------------- */

static void on_open(void *owner) { send_register(owner, (Str){0}); }

static void on_close(void *owner, const char *why) {
    Endpoint *e = owner;
    e->state = DOWN;
    on_down(e, why);
}

void endpoint_start(Endpoint *e, int index, int user, const char *callee) {
    e->index = index;
    e->user = user;
    free(e->callee);
    e->callee = str_dup(str_of(callee));
    snprintf(e->login, sizeof e->login, "bench%05d", user);
    snprintf(e->aor, sizeof e->aor, "sip:%s@%s", e->login, config.domain);
    snprintf(e->epid, sizeof e->epid, "%06x%06x", config.run & 0xffffff, (unsigned)index & 0xffffff);
    snprintf(e->call_id, sizeof e->call_id, "r%08x%x-%x@bench", config.run, (unsigned)index, ++e->branch);
    snprintf(e->tag, sizeof e->tag, "%08x", config.run ^ (uint32_t)index * 2654435761u);
    snprintf(e->dialog_tag, sizeof e->dialog_tag, "%08x", config.run + (uint32_t)index * 2246822519u);
    e->envid = e->envid ? e->envid : (config.run & 0x3fffffff) + 1;
    e->register_cseq = 0;
    e->signing = e->digest_each = false;
    free(e->digest.nonce);
    e->digest.nonce = NULL;
    e->conn.owner = e;
    e->conn.on_open = on_open;
    e->conn.on_data = on_data;
    e->conn.on_close = on_close;
    e->state = REGISTERING;
    char source[32];
    if (config.sources) snprintf(source, sizeof source, "127.0.%d.%d", 1 + index % config.sources / 250, 1 + index % config.sources % 250);
    if (!net_connect(&e->conn, config.host, config.port, config.sources ? source : NULL)) {
        e->state = DOWN;
        on_down(e, "cannot open a socket");
    }
}

void endpoint_stop(Endpoint *e) {
    e->state = DOWN;
    net_close(&e->conn);
    clear_dialog(e);
}
