/* Slices of received bytes, growable buffers, and the little SIP parsing that a load generator needs. */
#ifndef BENCH_TEXT_H
#define BENCH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *p;
    size_t n;
} Str;

typedef struct {
    char *p;
    size_t n, cap;
} Buf;

#define S(literal) ((Str){literal, sizeof(literal) - 1})

void buf_add(Buf *b, const void *p, size_t n);
void buf_str(Buf *b, Str s);
void buf_fmt(Buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_drop(Buf *b, size_t n); /* forget the first n bytes */
void buf_free(Buf *b);

bool str_is(Str s, const char *text);       /* exact */
bool str_starts(Str s, const char *prefix); /* ignoring case */
Str str_trim(Str s);
const char *str_find(Str s, const char *needle); /* NULL when absent */
char *str_dup(Str s);
Str str_of(const char *text);

/* The value of `name="value"` or `name=value` in a challenge; empty when absent. */
Str str_param(Str s, const char *name);
/* What stands between < and >, else everything up to the first ';'. */
Str address_uri(Str header);
/* The tag parameter behind the address. */
Str address_tag(Str header);
/* The text between `start` and `end`; empty when either is absent. */
Str str_between(Str s, const char *start, const char *end);

#define MAX_SAME 8 /* header lines kept of one kind */

/* One SIP message. Lines include CRLF; values are trimmed. All slices point into the receive buffer. */
typedef struct {
    bool request;
    int status;
    Str method;    /* of a response: the method in CSeq */
    Str first;     /* start line */
    Str head;      /* everything before the blank line, last CRLF included */
    Str body;
    Str echo[MAX_SAME + 4]; /* whole Via, From, To, Call-ID and CSeq lines, as an answer repeats them */
    int echoes;
    Str from, to, call_id, contact, auth_info, expires, reason;
    uint32_t cseq;
    Str challenge[MAX_SAME];
    int challenges;
    bool proxy_challenge;
    Str record_route[MAX_SAME];
    int record_routes;
} Message;

/* Parses one message at the start of the bytes. Returns the bytes it took, 0 when it is not all there yet,
   -1 when it is not SIP. */
long message_parse(Message *m, const char *p, size_t n);

/* Parses a header block whose last line is complete (no blank line needed); false when it is not SIP. */
bool message_head(Message *m, const char *p, size_t n, size_t *content_length);

size_t base64_encode(char *out, const uint8_t *in, size_t n); /* writes a final NUL */
long base64_decode(uint8_t *out, size_t cap, Str in);
void hex_encode(char *out, const uint8_t *in, size_t n, bool upper); /* writes a final NUL */
bool hex_decode(uint8_t *out, size_t n, Str in);

uint64_t now_ns(void);
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
