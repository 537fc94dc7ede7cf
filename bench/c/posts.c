/* Posting, and counting what arrives. A post is complete when it has been answered and everybody in the room, its
   author included, has been told. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load.h"

enum { RING = 1 << 16, DRAIN_SECONDS = 5 };

typedef struct {
    uint64_t due_at; /* when it should have been sent: latency counts from here */
    uint32_t id;
    int room, waiting; /* deliveries still to come */
    bool answered;
} Post;

static Post ring[RING];
static uint32_t last_id;
static uint32_t turn; /* next poster */
static char filler[512];

static struct {
    bool running, together, measure;
    int first_room, room_total, window;
    double rate;
    uint64_t start, end, next, last_done;
    uint64_t posts, answered, refused, heard, strays, complete, expected;
    int outstanding;
    Samples answer_times, hear_times;
} run;

bool posts_idle(void) { return !run.running; }

static void issue(int room_index, uint64_t due_at) {
    static Buf body;
    Room *r = &rooms[room_index];
    if (!r->count) die("nobody is in room %d", room_index);
    Endpoint *e = &endpoints[r->members[turn++ / (uint32_t)run.room_total % (uint32_t)r->count]];
    Post *p = &ring[++last_id % RING];
    *p = (Post){due_at, last_id, room_index, r->count, false};
    char stamp[32];
    time_t t = time(NULL);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime(&t));
    body.n = 0;
    buf_fmt(&body,
            "<xccos ver=\"1\" envid=\"%u\" xmlns=\"urn:parlano:xml:ns:xccos\"><grpchat id=\"grpchat\" seqid=\"1\" chanUri=\"%s\" "
            "author=\"%s\" ts=\"%s\"><chat>~%08x~ %s</chat></grpchat></xccos>",
            e->envid++, r->uri, e->aor, stamp, last_id, filler);
    run.posts++;
    run.expected += (uint64_t)r->count;
    run.outstanding++;
    endpoint_info(e, (Str){body.p, body.n}, last_id);
}

static int next_room(void) { return run.first_room + (int)(turn % (uint32_t)run.room_total); }

static void report(void) {
    run.running = false;
    double seconds = (double)((run.last_done ? run.last_done : now_ns()) - run.start) / 1e9;
    result_begin("post");
    printf("\"posts\": %lu, \"complete\": %lu, \"refused\": %lu, \"deliveries\": %lu, \"lost\": %ld, \"strays\": %lu, "
           "\"seconds\": %.6f, ",
           run.posts, run.complete, run.refused, run.heard, (long)(run.expected - run.heard), run.strays, seconds);
    samples_print(&run.answer_times, "answer_us");
    printf(", ");
    samples_print(&run.hear_times, "hear_us");
    result_end();
}

static void complete(Post *p) {
    p->id = 0;
    run.outstanding--;
    run.complete++;
    run.last_done = now_ns();
    if (run.rate > 0 || run.last_done >= run.end) return;
    if (!run.together) return issue(next_room(), run.last_done);
    if (!run.outstanding)
        for (int i = 0; i < run.window; i++) issue(next_room(), run.last_done);
}

void posts_answered(uint32_t id, int status, Str reason) {
    Post *p = &ring[id % RING];
    if (!run.running || p->id != id) return;
    if (status != 200) {
        note_error("post refused: %.*s", (int)reason.n, reason.p);
        run.refused++;
        run.expected -= (uint64_t)p->waiting;
        p->waiting = 0;
    } else {
        run.answered++;
        if (run.measure) samples_add(&run.answer_times, now_ns() - p->due_at);
    }
    p->answered = true;
    if (!p->waiting) complete(p);
}

static void heard(uint32_t id) {
    Post *p = &ring[id % RING];
    if (!run.running || p->id != id || !p->waiting) {
        run.strays++;
        return;
    }
    run.heard++;
    if (run.measure) samples_add(&run.hear_times, now_ns() - p->due_at);
    if (!--p->waiting && p->answered) complete(p);
}

void posts_heard(Str body) {
    static const char start[] = "<grpchat ", mark[] = "<chat>~";
    const char *end = body.p + body.n, *at = body.p;
    while ((at = memmem(at, (size_t)(end - at), start, sizeof start - 1))) {
        at = memmem(at, (size_t)(end - at), mark, sizeof mark - 1);
        if (!at || end - at < (long)sizeof mark + 8) return;
        uint8_t id[4];
        if (hex_decode(id, 4, (Str){at + sizeof mark - 1, 8}))
            heard((uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3]);
    }
}

void posts_tick(void) {
    if (!run.running) return;
    uint64_t now = now_ns();
    if (run.rate > 0)
        while (run.next <= now && run.next < run.end) {
            uint64_t due_at = run.next;
            run.next += (uint64_t)(1e9 / run.rate);
            issue(next_room(), due_at);
        }
    if (now < run.end) return;
    if (!run.outstanding || now > run.end + (uint64_t)DRAIN_SECONDS * 1000000000u) report();
}

void posts_start(const Command *c) {
    memset(&run, 0, offsetof(__typeof__(run), answer_times));
    int text = (int)word_number(c, "text", 130);
    memset(filler, 'x', sizeof filler);
    for (size_t i = 5; i < sizeof filler; i += 6) filler[i] = ' ';
    filler[text < (int)sizeof filler ? text : (int)sizeof filler - 1] = 0;
    run.running = true;
    run.together = word_number(c, "together", 0);
    run.measure = word_number(c, "measure", 1);
    run.first_room = (int)word_number(c, "room", 0);
    run.room_total = (int)word_number(c, "rooms", 1);
    run.window = (int)word_number(c, "window", 1);
    run.rate = (double)word_number(c, "rate", 0);
    if (run.first_room + run.room_total > room_count) die("no such room");
    run.start = now_ns();
    run.next = run.start;
    run.end = run.start + (uint64_t)word_number(c, "ms", 1000) * 1000000u;
    if (run.rate <= 0)
        for (int i = 0; i < run.window; i++) issue(next_room(), run.start);
}
