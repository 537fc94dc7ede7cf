/* The epoll loop and its connections. */
#define _GNU_SOURCE
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 1 << 18, EVENTS = 256 };

NetCounts net_counts;
static int epoll_fd = -1;
static SSL_CTX *tls_context;
static char read_buffer[READ_SIZE];
static Buf gathered;   /* what the connection being read wants to send */
static Conn *gatherer; /* that connection */

typedef struct {
    bool is_watch; /* told apart from Conn by address: watches live in this table */
    NetCallback *readable;
    void *context;
} Watch;
static Watch watches[8];
static int watch_count;

void net_init(bool tls) {
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0) die("epoll_create1: %s", strerror(errno));
    if (!tls) return;
    tls_context = SSL_CTX_new(TLS_client_method());
    if (!tls_context) die("SSL_CTX_new failed");
    SSL_CTX_set_verify(tls_context, SSL_VERIFY_NONE, NULL); /* the server's certificate is its own, on loopback */
    SSL_CTX_set_mode(tls_context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(tls_context, SSL_SESS_CACHE_OFF);
}

void net_watch(int fd, NetCallback *readable, void *context) {
    Watch *w = &watches[watch_count++];
    *w = (Watch){true, readable, context};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = w};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event)) die("epoll_ctl: %s", strerror(errno));
}

static void arm(Conn *c, bool out) {
    if (c->want_out == out) return;
    c->want_out = out;
    struct epoll_event event = {.events = EPOLLIN | (out ? EPOLLOUT : 0u), .data.ptr = c};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &event);
}

bool net_connect(Conn *c, const char *host, int port, const char *source) {
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) return false;
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (source) {
        struct sockaddr_in from = {.sin_family = AF_INET};
        inet_pton(AF_INET, source, &from.sin_addr);
        setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(c->fd, (struct sockaddr *)&from, sizeof from)) goto failed;
    }
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1) die("not an IPv4 address: %s", host);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) goto failed;
    c->connecting = c->want_out = true;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event)) goto failed;
    return true;
failed:
    close(c->fd);
    c->fd = -1;
    return false;
}

void net_close(Conn *c) {
    if (c->fd < 0) return;
    if (gatherer == c) {
        gatherer = NULL;
        gathered.n = 0;
    }
    if (c->ssl) SSL_free(c->ssl);
    c->ssl = NULL;
    close(c->fd);
    c->fd = -1;
    buf_free(&c->in);
    buf_free(&c->out);
}

static void lost(Conn *c, const char *why) {
    if (c->fd < 0) return;
    net_close(c);
    c->on_close(c->owner, why);
}

/* Bytes written, 0 when it would block, -1 when the connection is gone. */
static long write_some(Conn *c, const char *p, size_t n) {
    net_counts.writes++;
    if (!c->ssl) {
        ssize_t done = send(c->fd, p, n, MSG_NOSIGNAL);
        if (done >= 0) return done;
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    ERR_clear_error();
    int done = SSL_write(c->ssl, p, (int)(n > 1 << 20 ? 1 << 20 : n));
    if (done > 0) return done;
    int error = SSL_get_error(c->ssl, done);
    return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : -1;
}

static void write_all(Conn *c, const char *p, size_t n) {
    net_counts.bytes_out += n;
    while (!c->out.n && n) {
        long done = write_some(c, p, n);
        if (done < 0) return lost(c, "write failed");
        if (!done) break;
        p += done;
        n -= (size_t)done;
    }
    if (n) buf_add(&c->out, p, n);
    arm(c, c->out.n > 0);
}

void net_send(Conn *c, const char *p, size_t n) {
    if (c->fd < 0) return;
    if (gatherer == c)
        buf_add(&gathered, p, n);
    else
        write_all(c, p, n);
}

static void flush(Conn *c) {
    while (c->out.n) {
        long done = write_some(c, c->out.p, c->out.n);
        if (done < 0) return lost(c, "write failed");
        if (!done) return;
        buf_drop(&c->out, (size_t)done);
    }
    buf_free(&c->out);
    arm(c, false);
}

static long read_some(Conn *c, char *p, size_t n) {
    net_counts.reads++;
    if (!c->ssl) {
        ssize_t got = recv(c->fd, p, n, 0);
        if (got > 0) return got;
        return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
    }
    size_t total = 0;
    ERR_clear_error();
    while (total < n) {
        int got = SSL_read(c->ssl, p + total, (int)(n - total));
        if (got > 0) {
            total += (size_t)got;
            continue;
        }
        int error = SSL_get_error(c->ssl, got);
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) break;
        return total ? (long)total : -1;
    }
    return (long)total;
}

static void readable(Conn *c) {
    size_t old = c->in.n;
    if (old > READ_SIZE / 2) return lost(c, "message too large");
    if (old) memcpy(read_buffer, c->in.p, old);
    long got = read_some(c, read_buffer + old, READ_SIZE - old);
    if (got < 0) return lost(c, "closed by the server");
    if (!got) return;
    net_counts.bytes_in += (size_t)got;
    size_t have = old + (size_t)got;
    gatherer = c;
    gathered.n = 0;
    long used = c->on_data(c->owner, read_buffer, have);
    gatherer = NULL;
    if (c->fd < 0) return;
    if (used < 0) return lost(c, "not SIP");
    c->in.n = 0;
    if ((size_t)used < have)
        buf_add(&c->in, read_buffer + used, have - (size_t)used);
    else if (c->in.cap)
        buf_free(&c->in);
    if (gathered.n) write_all(c, gathered.p, gathered.n);
    if (c->fd >= 0 && c->ssl && SSL_pending(c->ssl)) readable(c); /* decrypted bytes that epoll cannot see */
}

static void note_local(Conn *c) {
    struct sockaddr_in me;
    socklen_t n = sizeof me;
    char host[INET_ADDRSTRLEN] = "127.0.0.1";
    if (!getsockname(c->fd, (struct sockaddr *)&me, &n)) inet_ntop(AF_INET, &me.sin_addr, host, sizeof host);
    snprintf(c->local, sizeof c->local, "%s:%d", host, ntohs(me.sin_port));
}

static void handshake(Conn *c) {
    ERR_clear_error();
    int done = SSL_do_handshake(c->ssl);
    if (done == 1) {
        c->handshaking = false;
        arm(c, c->out.n > 0);
        return c->on_open(c->owner);
    }
    int error = SSL_get_error(c->ssl, done);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return lost(c, "TLS handshake failed");
    arm(c, error == SSL_ERROR_WANT_WRITE);
}

static void connected(Conn *c) {
    int error = 0;
    socklen_t n = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n);
    if (error) return lost(c, strerror(error));
    c->connecting = false;
    note_local(c);
    if (tls_context) {
        c->ssl = SSL_new(tls_context);
        SSL_set_fd(c->ssl, c->fd);
        SSL_set_connect_state(c->ssl);
        c->handshaking = true;
        return handshake(c);
    }
    arm(c, false);
    c->on_open(c->owner);
}

static void serve(Conn *c, uint32_t events) {
    if (c->fd < 0) return;
    if (c->connecting) return connected(c);
    if (c->handshaking) return handshake(c);
    if (events & EPOLLOUT) flush(c);
    if (c->fd >= 0 && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) readable(c);
}

void net_wait(int timeout_ms) {
    static struct epoll_event events[EVENTS];
    int n = epoll_wait(epoll_fd, events, EVENTS, timeout_ms);
    if (n < 0 && errno != EINTR) die("epoll_wait: %s", strerror(errno));
    for (int i = 0; i < n; i++) {
        void *p = events[i].data.ptr;
        if (p >= (void *)watches && p < (void *)(watches + watch_count)) {
            Watch *w = p;
            w->readable(w->context);
        } else {
            serve(p, events[i].events);
        }
    }
}
