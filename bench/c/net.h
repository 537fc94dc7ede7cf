/* Non-blocking client connections over TCP or TLS, driven by one epoll loop. */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#include <openssl/ssl.h>

#include "text.h"

typedef struct Conn Conn;
struct Conn {
    int fd;
    SSL *ssl;
    bool connecting, handshaking, want_out;
    Buf in, out; /* what could not be parsed or written yet; usually empty */
    char local[32]; /* "127.0.0.1:40000" */
    /* The owner. `on_data` returns the bytes it used up, or -1 to close. */
    void *owner;
    void (*on_open)(void *owner);
    long (*on_data)(void *owner, const char *p, size_t n);
    void (*on_close)(void *owner, const char *why);
};

typedef struct {
    uint64_t bytes_in, bytes_out, reads, writes;
} NetCounts;
extern NetCounts net_counts;

typedef void NetCallback(void *context);

void net_init(bool tls);
void net_watch(int fd, NetCallback *readable, void *context); /* stdin, timer */
/* `source` may be NULL. */
bool net_connect(Conn *c, const char *host, int port, const char *source);
void net_send(Conn *c, const char *p, size_t n);
void net_close(Conn *c);
/* While a connection's bytes are being handled its sends are gathered and written once at the end. */
void net_wait(int timeout_ms);

#endif
