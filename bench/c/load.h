/* What the parts of the load generator share: endpoints, rooms, and the command being worked on. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "endpoint.h"
#include "samples.h"

typedef struct {
    char *uri, *domain, *guid;
    int *members; /* endpoint indices */
    int count, cap;
} Room;

typedef struct {
    char text[1024];
    char *words[32]; /* words[0] is the verb, the others name=value */
    int count;
} Command;

typedef struct {
    uint64_t errors;
    char first[300];
} Errors;

extern Endpoint *endpoints;
extern int endpoint_count;
extern Room *rooms;
extern int room_count;
extern Errors errors;
extern char *lookup_uri; /* where the running look-up dials, then what it found */

const char *word(const Command *c, const char *name, const char *fallback);
long word_number(const Command *c, const char *name, long fallback);
void note_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void room_add(Room *r, int endpoint);
void room_remove(Room *r, int endpoint);

/* Steps: one endpoint, one thing at a time (sign in, join, part, read history). */
void steps_start(const Command *c);
void step_up(Endpoint *e);
void step_body(Endpoint *e, Str body);
void step_failed(Endpoint *e, const char *why);
bool steps_idle(void);

/* Posts: closed loop, together, or at a fixed rate. */
void posts_start(const Command *c);
void posts_tick(void);
void posts_answered(uint32_t post, int status, Str reason);
void posts_heard(Str body);
bool posts_idle(void);

/* Called when a command has run its course: prints what all results have in common around it. */
void result_begin(const char *command);
void result_end(void);

#endif
