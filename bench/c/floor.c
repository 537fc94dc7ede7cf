/* The floor: what it costs to send one INFO to each of N connections and to receive each 200, and nothing else.

   The parent renders, sends and receives; a child process answers. Only the parent's processor time is counted.
   Arguments, as name=value: connections, rounds, tls, signed (headers as long as with NTLM), burst (INFOs joined in one
   write), size (bytes of one INFO). Prints one JSON object. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "text.h"

enum { BODY_MAX = 4096, READ = 1 << 16, BURST_MAX = 16 };

typedef struct {
    int fd;
    SSL *ssl;
    char prefix[700];
    size_t prefix_len;
    char rest[BODY_MAX + 1024]; /* an incomplete message */
    size_t rest_len;
} Link;

static Link *links;
static int connections = 1000, rounds = 20, tls, with_signature, burst = 1, size = 995, body_len;
static char scratch[READ], message[BURST_MAX * (BODY_MAX + 1024)], answer[BURST_MAX * 1024];
static char body[BODY_MAX + 1];

static const char NTLM_LINE[] =
    "Authentication-Info: NTLM rspauth=\"01000000F27C315398177E0764000000\", srand=\"F9F6D775\", snum=\"%u\", opaque=\"D10CEA1A\", "
    "qop=\"auth\", targetname=\"bench.example.com\", realm=\"SIP Communications Service\"\r\n";
static const char NTLM_ANSWER[] =
    "Authorization: NTLM qop=\"auth\", opaque=\"D10CEA1A\", realm=\"SIP Communications Service\", targetname=\"bench.example.com\", "
    "crand=\"28ae5beb\", cnum=\"15\", response=\"01000000FE41643173FA2F0864000000\"\r\n";

static void nonblocking(int fd) {
    int one = 1;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static SSL_CTX *server_context(void) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"floor", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    SSL_CTX *c = SSL_CTX_new(TLS_server_method());
    if (!X509_sign(x, key, EVP_sha256()) || !c || SSL_CTX_use_certificate(c, x) != 1 || SSL_CTX_use_PrivateKey(c, key) != 1)
        die("floor: cannot make a certificate");
    return c;
}

static void send_all(Link *l, const char *p, size_t n) {
    while (n) {
        long done;
        if (l->ssl) {
            done = SSL_write(l->ssl, p, (int)n);
            if (done <= 0) {
                int e = SSL_get_error(l->ssl, (int)done);
                if (e != SSL_ERROR_WANT_WRITE && e != SSL_ERROR_WANT_READ) die("floor: SSL_write failed");
                done = 0;
            }
        } else {
            done = send(l->fd, p, n, MSG_NOSIGNAL);
            if (done < 0 && errno != EAGAIN) die("floor: send: %s", strerror(errno));
            if (done < 0) done = 0;
        }
        p += done;
        n -= (size_t)done;
    }
}

static long receive(Link *l, char *p, size_t n) {
    if (!l->ssl) {
        ssize_t got = recv(l->fd, p, n, 0);
        return got > 0 ? got : got < 0 && errno == EAGAIN ? 0 : -1;
    }
    size_t total = 0;
    while (total < n) {
        int got = SSL_read(l->ssl, p + total, (int)(n - total));
        if (got <= 0) {
            int e = SSL_get_error(l->ssl, got);
            if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) break;
            return total ? (long)total : -1;
        }
        total += (size_t)got;
    }
    return (long)total;
}

/* ---- the child: answers -------------------------------------------------------------------------------------- */

static const char *header(const char *head, const char *end, const char *name, size_t *n) {
    const char *a = memmem(head, (size_t)(end - head), name, strlen(name));
    if (!a) die("floor: no %s", name);
    a += 2;
    const char *b = memchr(a, '\n', (size_t)(end - a));
    *n = (size_t)(b + 1 - a);
    return a;
}

static size_t render_answer(char *out, const char *head, const char *end) {
    static const char *names[] = {"\r\nVia:", "\r\nFrom:", "\r\nTo:", "\r\nCall-ID:", "\r\nCSeq:"};
    char *o = out;
    o += sprintf(o, "SIP/2.0 200 OK\r\n");
    for (int i = 0; i < 5; i++) {
        size_t n;
        const char *line = header(head, end, names[i], &n);
        memcpy(o, line, n);
        o += n;
    }
    o += sprintf(o, "Content-Length: 0\r\n%s\r\n", with_signature ? NTLM_ANSWER : "");
    return (size_t)(o - out);
}

static void answer_link(Link *l) {
    memcpy(scratch, l->rest, l->rest_len);
    long got = receive(l, scratch + l->rest_len, READ - l->rest_len);
    if (got < 0) _exit(0);
    size_t have = l->rest_len + (size_t)got, at = 0, n = 0;
    for (;;) {
        char *blank = memmem(scratch + at, have - at, "\r\n\r\n", 4);
        if (!blank || (size_t)(blank + 4 - scratch) + (size_t)body_len > have) break;
        n += render_answer(answer + n, scratch + at, blank + 2);
        at = (size_t)(blank + 4 - scratch) + (size_t)body_len;
    }
    l->rest_len = have - at;
    if (l->rest_len > sizeof l->rest) die("floor: message too long");
    memcpy(l->rest, scratch + at, l->rest_len);
    if (n) send_all(l, answer, n);
}

static void child(int port) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    SSL_CTX *c = tls ? SSL_CTX_new(TLS_client_method()) : NULL;
    if (c) SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    int ep = epoll_create1(0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < connections; i++) {
        Link *l = &links[i];
        l->fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(l->fd, (struct sockaddr *)&to, sizeof to)) die("floor: connect: %s", strerror(errno));
        if (c) {
            l->ssl = SSL_new(c);
            SSL_set_fd(l->ssl, l->fd);
            if (SSL_connect(l->ssl) != 1) die("floor: SSL_connect failed");
        }
        nonblocking(l->fd);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = l};
        epoll_ctl(ep, EPOLL_CTL_ADD, l->fd, &e);
    }
    static struct epoll_event events[256];
    for (;;) {
        int n = epoll_wait(ep, events, 256, -1);
        for (int i = 0; i < n; i++) answer_link(events[i].data.ptr);
    }
}

/* ---- the parent: what is measured ---------------------------------------------------------------------------- */

static double cpu(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void make_prefix(Link *l, int i) {
    l->prefix_len = (size_t)snprintf(
        l->prefix, sizeof l->prefix,
        "INFO sip:bench%05d@127.0.0.1:%d;transport=tcp SIP/2.0\r\nMax-Forwards: 70\r\n"
        "From: <sip:chat-channel@bench.example.com>;tag=%08x\r\nTo: <sip:bench%05d@bench.example.com>;tag=%08x;epid=%012x\r\n"
        "Call-ID: d%08x%08x-%04x@bench.example.com\r\nContent-Type: text/plain\r\nUser-Agent: Floor/1\r\nSupported: timer\r\n"
        "Content-Length: %d\r\nContact: <sip:127.0.0.1:5060;transport=tcp;x=floor-channel-service>\r\n",
        i, 30000 + i, i * 77, i, i * 99, i, i, i * 31, i & 0xffff, body_len);
}

static size_t render(Link *l, uint32_t cseq) {
    size_t n = 0;
    for (int b = 0; b < burst; b++) {
        memcpy(message + n, l->prefix, l->prefix_len);
        n += l->prefix_len;
        if (with_signature) n += (size_t)snprintf(message + n, 400, NTLM_LINE, cseq);
        n += (size_t)snprintf(message + n, sizeof message - n,
                              "CSeq: %u INFO\r\nVia: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK%08x%08x\r\n\r\n%s", cseq, cseq,
                              (unsigned)l->fd, body);
    }
    return n;
}

/* The body is as long as it takes to reach the size asked for. */
static void set_body(void) {
    Link sample = {.fd = 500};
    int joined = burst;
    burst = 1;
    body_len = 400;
    make_prefix(&sample, 500);
    int headers = (int)render(&sample, 10000);
    burst = joined;
    body_len = size - headers;
    if (body_len < 100 || body_len > BODY_MAX) die("floor: size out of range");
    memset(body, 'x', (size_t)body_len);
}

static int count_answers(Link *l) {
    memcpy(scratch, l->rest, l->rest_len);
    long got = receive(l, scratch + l->rest_len, READ - l->rest_len);
    if (got < 0) die("floor: connection lost");
    size_t have = l->rest_len + (size_t)got, at = 0;
    int answers = 0;
    for (char *blank; (blank = memmem(scratch + at, have - at, "\r\n\r\n", 4)); answers++)
        at = (size_t)(blank + 4 - scratch);
    l->rest_len = have - at;
    memcpy(l->rest, scratch + at, l->rest_len);
    return answers;
}

static void measure(int ep, size_t *info_bytes) {
    static struct epoll_event events[256];
    uint32_t cseq = 0;
    double start = 0;
    for (int round = -2; round < rounds; round++) { /* two to warm up */
        if (round == 0) start = cpu();
        for (int i = 0; i < connections; i++) {
            size_t n = render(&links[i], ++cseq);
            *info_bytes = n / (size_t)burst;
            send_all(&links[i], message, n);
        }
        for (int left = connections * burst; left > 0;) {
            int n = epoll_wait(ep, events, 256, -1);
            for (int i = 0; i < n; i++) left -= count_answers(events[i].data.ptr);
        }
    }
    double used = cpu() - start;
    long deliveries = (long)rounds * connections * burst;
    printf("{\"connections\": %d, \"deliveries\": %ld, \"cpu\": %.6f, \"info_bytes\": %zu, \"us_per_delivery\": %.4f}\n",
           connections, deliveries, used, *info_bytes, used * 1e6 / (double)deliveries);
}

int main(int argc, char **argv) {
    struct {
        const char *name;
        int *value;
    } options[] = {{"connections=", &connections}, {"rounds=", &rounds}, {"tls=", &tls}, {"signed=", &with_signature}, {"burst=", &burst}, {"size=", &size}};
    for (int i = 1; i < argc; i++)
        for (size_t k = 0; k < sizeof options / sizeof *options; k++)
            if (!strncmp(argv[i], options[k].name, strlen(options[k].name))) *options[k].value = atoi(strchr(argv[i], '=') + 1);
    if (burst < 1 || burst > BURST_MAX || connections < 1 || rounds < 1) die("floor: bad arguments");
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    links = calloc((size_t)connections, sizeof *links);
    set_body();
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in me = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t me_size = sizeof me;
    if (bind(listener, (struct sockaddr *)&me, me_size) || listen(listener, 1024) || getsockname(listener, (struct sockaddr *)&me, &me_size))
        die("floor: cannot listen: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0) die("floor: fork failed");
    if (!pid) child(ntohs(me.sin_port));
    SSL_CTX *c = tls ? server_context() : NULL;
    if (c) SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    int ep = epoll_create1(0);
    for (int i = 0; i < connections; i++) {
        Link *l = &links[i];
        l->fd = accept(listener, NULL, NULL);
        if (l->fd < 0) die("floor: accept: %s", strerror(errno));
        make_prefix(l, i);
        if (c) {
            l->ssl = SSL_new(c);
            SSL_set_fd(l->ssl, l->fd);
            if (SSL_accept(l->ssl) != 1) die("floor: SSL_accept failed");
        }
        nonblocking(l->fd);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = l};
        epoll_ctl(ep, EPOLL_CTL_ADD, l->fd, &e);
    }
    size_t info_bytes = 0;
    measure(ep, &info_bytes);
    kill(pid, SIGKILL);
    return 0;
}
