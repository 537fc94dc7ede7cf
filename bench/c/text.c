/* Slices, buffers and SIP parsing for the load generator. */
#define _GNU_SOURCE
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static void buf_room(Buf *b, size_t more) {
    if (b->n + more <= b->cap) return;
    size_t cap = b->cap ? b->cap : 512;
    while (cap < b->n + more) cap *= 2;
    b->p = realloc(b->p, cap);
    if (!b->p) die("out of memory");
    b->cap = cap;
}

void buf_add(Buf *b, const void *p, size_t n) {
    buf_room(b, n);
    if (n) memcpy(b->p + b->n, p, n);
    b->n += n;
}

void buf_str(Buf *b, Str s) { buf_add(b, s.p, s.n); }

void buf_fmt(Buf *b, const char *format, ...) {
    buf_room(b, 256);
    for (;;) {
        va_list args;
        va_start(args, format);
        int n = vsnprintf(b->p + b->n, b->cap - b->n, format, args);
        va_end(args);
        if (n < 0) die("vsnprintf failed");
        if ((size_t)n < b->cap - b->n) {
            b->n += (size_t)n;
            return;
        }
        buf_room(b, (size_t)n + 1);
    }
}

void buf_drop(Buf *b, size_t n) {
    memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
}

void buf_free(Buf *b) {
    free(b->p);
    *b = (Buf){0};
}

bool str_is(Str s, const char *text) { return s.n == strlen(text) && !memcmp(s.p, text, s.n); }

bool str_starts(Str s, const char *prefix) {
    size_t n = strlen(prefix);
    return s.n >= n && !strncasecmp(s.p, prefix, n);
}

Str str_trim(Str s) {
    while (s.n && (*s.p == ' ' || *s.p == '\t')) s.p++, s.n--;
    while (s.n && strchr(" \t\r\n", s.p[s.n - 1])) s.n--;
    return s;
}

const char *str_find(Str s, const char *needle) { return s.n ? memmem(s.p, s.n, needle, strlen(needle)) : NULL; }

char *str_dup(Str s) {
    char *copy = strndup(s.n ? s.p : "", s.n);
    if (!copy) die("out of memory");
    return copy;
}

Str str_of(const char *text) { return (Str){text, strlen(text)}; }

Str str_between(Str s, const char *start, const char *end) {
    const char *a = str_find(s, start);
    if (!a) return (Str){0};
    a += strlen(start);
    Str rest = {a, s.n - (size_t)(a - s.p)};
    const char *b = str_find(rest, end);
    return b ? (Str){a, (size_t)(b - a)} : (Str){0};
}

Str str_param(Str s, const char *name) {
    size_t n = strlen(name);
    for (size_t i = 0; i + n < s.n; i++) {
        bool starts = i == 0 || strchr(" ,\t", s.p[i - 1]);
        if (!starts || strncasecmp(s.p + i, name, n) || s.p[i + n] != '=') continue;
        const char *p = s.p + i + n + 1, *end = s.p + s.n;
        bool quoted = p < end && *p == '"';
        if (quoted) p++;
        const char *q = p;
        while (q < end && (quoted ? *q != '"' : !strchr(", \t\r\n", *q))) q++;
        return (Str){p, (size_t)(q - p)};
    }
    return (Str){0};
}

Str address_uri(Str header) {
    const char *a = memchr(header.p, '<', header.n);
    if (a) {
        a++;
        const char *b = memchr(a, '>', header.n - (size_t)(a - header.p));
        if (b) return (Str){a, (size_t)(b - a)};
    }
    const char *b = memchr(header.p, ';', header.n);
    return str_trim((Str){header.p, b ? (size_t)(b - header.p) : header.n});
}

Str address_tag(Str header) {
    const char *a = str_find(header, ";tag=");
    if (!a) return (Str){0};
    a += 5;
    size_t left = header.n - (size_t)(a - header.p), n = 0;
    while (n < left && !strchr("; \t\r\n", a[n])) n++;
    return (Str){a, n};
}

static bool named(Str line, const char *name, size_t n) {
    return line.n > n && line.p[n] == ':' && !strncasecmp(line.p, name, n);
}
#define NAMED(line, literal) named(line, literal, sizeof(literal) - 1)

static Str value_of(Str line) {
    const char *colon = memchr(line.p, ':', line.n);
    size_t skip = (size_t)(colon - line.p) + 1;
    return str_trim((Str){line.p + skip, line.n - skip});
}

static void keep(Str *list, int *count, int max, Str item) {
    if (*count < max) list[(*count)++] = item;
}

static uint32_t number(Str s) {
    uint32_t n = 0;
    for (size_t i = 0; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) n = n * 10 + (uint32_t)(s.p[i] - '0');
    return n;
}

static void take_cseq(Message *m, Str value) {
    m->cseq = number(value);
    const char *blank = memchr(value.p, ' ', value.n);
    if (!m->request && blank) {
        size_t skip = (size_t)(blank - value.p) + 1;
        m->method = str_trim((Str){value.p + skip, value.n - skip});
    }
}

static void take_challenge(Message *m, Str value, bool proxy) {
    m->proxy_challenge = m->proxy_challenge || proxy;
    keep(m->challenge, &m->challenges, MAX_SAME, value);
}

static void take_line(Message *m, Str line, size_t *length) {
    const int echo_max = MAX_SAME + 4;
    switch (line.p[0] | 0x20) {
    case 'v':
        if (NAMED(line, "Via")) keep(m->echo, &m->echoes, echo_max, line);
        break;
    case 'f':
        if (NAMED(line, "From")) {
            keep(m->echo, &m->echoes, echo_max, line);
            m->from = value_of(line);
        }
        break;
    case 't':
        if (NAMED(line, "To")) {
            keep(m->echo, &m->echoes, echo_max, line);
            m->to = value_of(line);
        }
        break;
    case 'c':
        if (NAMED(line, "Call-ID")) {
            keep(m->echo, &m->echoes, echo_max, line);
            m->call_id = value_of(line);
        } else if (NAMED(line, "CSeq")) {
            keep(m->echo, &m->echoes, echo_max, line);
            take_cseq(m, value_of(line));
        } else if (NAMED(line, "Content-Length")) {
            *length = number(value_of(line));
        } else if (NAMED(line, "Contact")) {
            m->contact = value_of(line);
        }
        break;
    case 'a':
        if (NAMED(line, "Authentication-Info")) m->auth_info = value_of(line);
        break;
    case 'w':
        if (NAMED(line, "WWW-Authenticate")) take_challenge(m, value_of(line), false);
        break;
    case 'p':
        if (NAMED(line, "Proxy-Authenticate")) take_challenge(m, value_of(line), true);
        break;
    case 'r':
        if (NAMED(line, "Record-Route")) keep(m->record_route, &m->record_routes, MAX_SAME, value_of(line));
        break;
    case 'e':
        if (NAMED(line, "Expires")) m->expires = value_of(line);
        break;
    }
}

static bool start_line(Message *m, Str line) {
    m->first = str_trim(line);
    if (str_starts(line, "SIP/2.0 ")) {
        m->status = (int)number((Str){line.p + 8, line.n - 8});
        m->reason = line.n > 12 ? str_trim((Str){line.p + 12, line.n - 12}) : (Str){0};
        return m->status >= 100;
    }
    const char *blank = memchr(line.p, ' ', line.n);
    if (!blank) return false;
    m->request = true;
    m->method = (Str){line.p, (size_t)(blank - line.p)};
    return true;
}

bool message_head(Message *m, const char *p, size_t n, size_t *content_length) {
    m->request = m->proxy_challenge = false;
    m->status = m->echoes = m->challenges = m->record_routes = 0;
    m->cseq = 0;
    m->from = m->to = m->call_id = m->contact = m->auth_info = m->expires = m->reason = m->method = (Str){0};
    m->head = (Str){p, n};
    *content_length = 0;
    const char *end = p + n;
    for (const char *at = p; at < end;) {
        const char *eol = memchr(at, '\n', (size_t)(end - at));
        if (!eol) return false;
        Str line = {at, (size_t)(eol + 1 - at)};
        if (at > p)
            take_line(m, line, content_length);
        else if (!start_line(m, line))
            return false;
        at = eol + 1;
    }
    return true;
}

long message_parse(Message *m, const char *p, size_t n) {
    const char *start = p, *end = p + n;
    while (p < end && (*p == '\r' || *p == '\n')) p++;
    const char *blank = memmem(p, (size_t)(end - p), "\r\n\r\n", 4);
    if (!blank) return 0;
    size_t length;
    if (!message_head(m, p, (size_t)(blank + 2 - p), &length)) return -1;
    const char *body = blank + 4;
    if ((size_t)(end - body) < length) return 0;
    m->body = (Str){body, length};
    return (long)(body + length - start);
}

static const char B64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_encode(char *out, const uint8_t *in, size_t n) {
    char *o = out;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)in[i] << 16 | (i + 1 < n ? in[i + 1] << 8 : 0) | (i + 2 < n ? in[i + 2] : 0);
        *o++ = B64[v >> 18];
        *o++ = B64[v >> 12 & 63];
        *o++ = i + 1 < n ? B64[v >> 6 & 63] : '=';
        *o++ = i + 2 < n ? B64[v & 63] : '=';
    }
    *o = 0;
    return (size_t)(o - out);
}

long base64_decode(uint8_t *out, size_t cap, Str in) {
    uint32_t v = 0;
    int bits = 0;
    size_t n = 0;
    for (size_t i = 0; i < in.n && in.p[i] != '='; i++) {
        const char *at = strchr(B64, in.p[i]);
        if (!at || !*at) return -1;
        v = v << 6 | (uint32_t)(at - B64);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        if (n == cap) return -1;
        out[n++] = (uint8_t)(v >> bits);
    }
    return (long)n;
}

void hex_encode(char *out, const uint8_t *in, size_t n, bool upper) {
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 15];
    }
    out[2 * n] = 0;
}

static int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(uint8_t *out, size_t n, Str in) {
    if (in.n != 2 * n) return false;
    for (size_t i = 0; i < n; i++) {
        int high = nibble(in.p[2 * i]), low = nibble(in.p[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}
