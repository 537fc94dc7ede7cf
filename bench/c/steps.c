/* Steps that endpoints take one at a time, so many in parallel: signing in, joining, parting, reading, leaving. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

typedef enum { NONE, SIGN_IN, JOIN, CONTEXT, PART, HISTORY, LOOKUP, ASK } Step;

/* Unit u is done by slot u % parallel; a slot does its units in turn, so that an endpoint is never asked for two
   things at once. `spread`: unit u is room `room + u` and the slot is the endpoint; otherwise unit u is an endpoint. */
static struct {
    bool running, spread;
    Step step;
    char verb[16];
    int first, units, parallel, room, users, context, count;
    int done, failed;
    uint64_t start;
    Samples times;
} op;

/* What `ask` says: line u modulo lines of a file is unit u's, the inside of an envelope. */
static struct {
    char *text;
    char **lines;
    int count;
    char expect[64];
} script;

static bool by_unit(Step step) { return step == HISTORY || step == ASK; }

bool steps_idle(void) { return !op.running; }

static int endpoint_of(int unit) { return op.spread ? op.first + unit % op.parallel : op.first + unit % (by_unit(op.step) ? op.parallel : op.units); }
static Room *room_of(int unit) { return &rooms[op.spread ? op.room + unit : op.room]; }

static void say_inside(Endpoint *e, const char *expect, const char *text) {
    static Buf body;
    body.n = 0;
    buf_fmt(&body, "<xccos ver=\"1\" envid=\"%u\" xmlns=\"urn:parlano:xml:ns:xccos\">%s</xccos>", e->envid++, text);
    e->expect = expect;
    endpoint_info(e, (Str){body.p, body.n}, 0);
}

static void command_info(Endpoint *e, const char *expect, const char *format, ...) {
    va_list args;
    char text[512];
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    say_inside(e, expect, text);
}

static void ask_context(Endpoint *e, const Room *r, int count) {
    command_info(e, "rpl:bccontext",
                 "<cmd id=\"cmd:bccontext\" seqid=\"1\"><data><chanib uri=\"%s\"/><bcq><last cnt=\"%d\"/></bcq></data></cmd>",
                 r->uri, count);
}

static void begin(int unit) {
    int index = endpoint_of(unit);
    if (index >= endpoint_count) die("no endpoint %d", index);
    Endpoint *e = &endpoints[index];
    const Room *r = op.step == ASK ? NULL : room_of(unit);
    e->step = unit;
    e->step_at = now_ns();
    switch (op.step) {
    case SIGN_IN: return endpoint_start(e, index, index % op.users, config.channel);
    case LOOKUP: return endpoint_start(e, index, index % op.users, lookup_uri);
    case JOIN:
        return command_info(e, "rpl:join",
                            "<cmd id=\"cmd:join\" seqid=\"1\"><data><chanid key=\"0\" domain=\"%s\" value=\"%s\"/></data></cmd>",
                            r->domain, r->guid);
    case PART:
        return command_info(e, "rpl:part", "<cmd id=\"cmd:part\" seqid=\"1\"><data><chanib uri=\"%s\"/></data></cmd>", r->uri);
    case ASK: return say_inside(e, script.expect, script.lines[unit % script.count]);
    default: return ask_context(e, r, op.count);
    }
}

static void report(void) {
    op.running = false;
    result_begin(op.verb);
    printf("\"units\": %d, \"failed\": %d, \"seconds\": %.6f, ", op.units, op.failed, (double)(now_ns() - op.start) / 1e9);
    samples_print(&op.times, "unit_us");
    if (op.step == LOOKUP) printf(", \"uri\": \"%s\"", lookup_uri);
    result_end();
}

static void finished(Endpoint *e, bool ok) {
    int unit = e->step;
    e->expect = NULL;
    e->step = -1;
    if (!op.running) return;
    samples_add(&op.times, now_ns() - e->step_at);
    op.done++;
    if (!ok) op.failed++;
    if (op.done == op.units) return report();
    /* A slot whose units all fail at once must not recurse through all of them. */
    if (unit + op.parallel < op.units) begin(unit + op.parallel);
}

void step_failed(Endpoint *e, const char *why) {
    if (!op.running || e->step < 0) return;
    note_error("endpoint %d: %s", e->index, why);
    finished(e, false);
}

void step_up(Endpoint *e) {
    if (!op.running || e->step < 0) return;
    if (op.step == LOOKUP)
        command_info(e, "rpl:requri", "<cmd id=\"cmd:requri\" seqid=\"1\"><data/></cmd>");
    else
        finished(e, true);
}

static void joined(Endpoint *e) {
    Room *r = room_of(e->step);
    room_add(r, e->index);
    if (op.context)
        ask_context(e, r, op.context);
    else
        finished(e, true);
}

static void looked_up(Endpoint *e, Str body) {
    Str uri = str_between(body, "<uib uri=\"", "\"");
    if (uri.n) {
        free(lookup_uri);
        lookup_uri = str_dup(uri);
    }
    endpoint_bye(e);
    endpoint_stop(e);
    finished(e, uri.n > 0);
}

/* A long answer comes in pieces; the later ones must not pass for the answer to the next question. */
static bool quotes_last(const Endpoint *e, Str body) {
    char quoted[40];
    snprintf(quoted, sizeof quoted, "envid=\"%u\"/>", e->envid - 1);
    return str_find(body, quoted);
}

void step_body(Endpoint *e, Str body) {
    if (!op.running || !e->expect || !str_find(body, e->expect)) return;
    if (op.step == ASK && !quotes_last(e, body)) return;
    const char *got = e->expect;
    if (!str_find(body, "code=\"200\"")) {
        char why[400];
        snprintf(why, sizeof why, "%s: %.*s", got, (int)(body.n > 300 ? 300 : body.n), body.p);
        return step_failed(e, why);
    }
    if (!strcmp(got, "rpl:join")) return joined(e);
    if (!strcmp(got, "rpl:requri")) return looked_up(e, body);
    if (!strcmp(got, "rpl:part")) room_remove(room_of(e->step), e->index);
    finished(e, true);
}

static Step step_named(const char *verb) {
    static const struct {
        const char *verb;
        Step step;
    } table[] = {{"signin", SIGN_IN}, {"join", JOIN}, {"part", PART}, {"history", HISTORY}, {"lookup", LOOKUP}, {"ask", ASK}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!strcmp(table[i].verb, verb)) return table[i].step;
    die("unknown command %s", verb);
}

static void read_script(const Command *c) {
    const char *path = word(c, "script", "");
    FILE *file = fopen(path, "rb");
    if (!file) die("cannot read %s", path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    free(script.text);
    free(script.lines);
    script.text = malloc((size_t)size + 1);
    script.lines = NULL;
    script.count = 0;
    if (!script.text || fread(script.text, 1, (size_t)size, file) != (size_t)size) die("cannot read %s", path);
    fclose(file);
    script.text[size] = 0;
    for (char *line = strtok(script.text, "\n"); line; line = strtok(NULL, "\n")) {
        script.lines = realloc(script.lines, (size_t)(script.count + 1) * sizeof *script.lines);
        if (!script.lines) die("out of memory");
        script.lines[script.count++] = line;
    }
    if (!script.count) die("nothing in %s", path);
    snprintf(script.expect, sizeof script.expect, "%s", word(c, "expect", ""));
}

void steps_start(const Command *c) {
    op.running = true;
    op.step = step_named(c->words[0]);
    snprintf(op.verb, sizeof op.verb, "%s", c->words[0]);
    op.spread = word_number(c, "spread", 0);
    op.first = (int)word_number(c, "first", 0);
    op.units = (int)word_number(c, op.spread || by_unit(op.step) ? "units" : "count", 1);
    op.parallel = (int)word_number(c, "parallel", 16);
    if (op.parallel > op.units) op.parallel = op.units;
    op.room = (int)word_number(c, "room", 0);
    op.users = (int)word_number(c, "users", endpoint_count);
    op.context = (int)word_number(c, "context", 0);
    op.count = (int)word_number(c, "page", 25);
    op.done = op.failed = 0;
    if (op.step == JOIN || op.step == PART || op.step == HISTORY) {
        int last = op.spread ? op.room + op.units - 1 : op.room;
        if (last >= room_count) die("no room %d", last);
    }
    if (op.step == ASK) read_script(c);
    op.start = now_ns();
    for (int i = 0; i < op.parallel; i++) begin(i);
}
