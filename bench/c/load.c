/* Load generator: signs in endpoints, joins rooms, posts, and answers every INFO at once.

   Reads one command a line from standard input (bench/README.md lists them) and prints one JSON object for each. */
#define _GNU_SOURCE
#include "load.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

Endpoint *endpoints;
int endpoint_count;
Room *rooms;
int room_count;
Errors errors;
char *lookup_uri;

static Buf input;
static bool input_open = true;
static double cpu_at_begin;
static EndpointCounts counts_at_begin;
static NetCounts net_at_begin;
static uint64_t downs; /* endpoints lost since the command began */

const char *word(const Command *c, const char *name, const char *fallback) {
    size_t n = strlen(name);
    for (int i = 1; i < c->count; i++)
        if (!strncmp(c->words[i], name, n) && c->words[i][n] == '=') return c->words[i] + n + 1;
    return fallback;
}

long word_number(const Command *c, const char *name, long fallback) {
    const char *text = word(c, name, NULL);
    return text ? strtol(text, NULL, 10) : fallback;
}

void note_error(const char *format, ...) {
    if (errors.errors++) return;
    va_list args;
    va_start(args, format);
    vsnprintf(errors.first, sizeof errors.first, format, args);
    va_end(args);
}

void room_add(Room *r, int endpoint) {
    if (r->count == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 16;
        r->members = realloc(r->members, (size_t)r->cap * sizeof *r->members);
        if (!r->members) die("out of memory");
    }
    r->members[r->count++] = endpoint;
}

void room_remove(Room *r, int endpoint) {
    for (int i = 0; i < r->count; i++)
        if (r->members[i] == endpoint) {
            r->members[i] = r->members[--r->count];
            return;
        }
}

static double cpu_seconds(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void measure_begin(void) {
    cpu_at_begin = cpu_seconds();
    counts_at_begin = endpoint_counts;
    net_at_begin = net_counts;
    errors = (Errors){0};
    downs = 0;
}

void result_begin(const char *command) { printf("{\"command\": \"%s\", ", command); }

static void print_json_text(const char *text) {
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') putchar('\\');
        putchar((unsigned char)*text < 32 ? ' ' : *text);
    }
    putchar('"');
}

void result_end(void) {
    printf(", \"load_cpu\": %.6f, \"infos\": %lu, \"info_bytes\": %lu, \"bytes_in\": %lu, \"bytes_out\": %lu, "
           "\"reads\": %lu, \"writes\": %lu, \"signatures_checked\": %lu, \"bad_signatures\": %lu, \"downs\": %lu, "
           "\"errors\": %lu, \"first_error\": ",
           cpu_seconds() - cpu_at_begin, endpoint_counts.infos - counts_at_begin.infos,
           endpoint_counts.info_bytes - counts_at_begin.info_bytes, net_counts.bytes_in - net_at_begin.bytes_in,
           net_counts.bytes_out - net_at_begin.bytes_out, net_counts.reads - net_at_begin.reads,
           net_counts.writes - net_at_begin.writes, endpoint_counts.checked - counts_at_begin.checked,
           endpoint_counts.bad_signatures - counts_at_begin.bad_signatures, downs, errors.errors);
    print_json_text(errors.first);
    puts("}");
    fflush(stdout);
    input_open = true;
}

/* ---- what endpoints report ------------------------------------------------------------------------------------- */

void on_up(Endpoint *e) { step_up(e); }

void on_down(Endpoint *e, const char *why) {
    downs++;
    note_error("endpoint %d (%s): %s", e->index, e->login, why);
    for (int i = 0; i < room_count; i++) room_remove(&rooms[i], e->index);
    step_failed(e, why);
}

void on_answered(Endpoint *e, uint32_t post, int status, Str reason) {
    if (post) return posts_answered(post, status, reason);
    if (status == 200) return;
    char why[200];
    snprintf(why, sizeof why, "command refused: %.*s", (int)(reason.n > 150 ? 150 : reason.n), reason.p);
    step_failed(e, why);
}

void on_body(Endpoint *e, Str body) {
    if (e->expect) step_body(e, body);
    posts_heard(body);
}

/* ---- commands -------------------------------------------------------------------------------------------------- */

static void make_room(const Command *c) {
    Room r = {.uri = strdup(word(c, "uri", ""))};
    if (strncmp(r.uri, "ma-chan://", 10) || !strchr(r.uri + 10, '/')) die("not a room URI: %s", r.uri);
    r.domain = strdup(r.uri + 10);
    r.guid = strchr(r.domain, '/');
    *r.guid++ = 0;
    rooms = realloc(rooms, (size_t)(room_count + 1) * sizeof *rooms);
    if (!rooms) die("out of memory");
    rooms[room_count++] = r;
    result_begin("room");
    printf("\"room\": %d", room_count - 1);
    result_end();
}

static void stop_endpoints(const Command *c) {
    int first = (int)word_number(c, "first", 0), count = (int)word_number(c, "count", endpoint_count);
    for (int i = first; i < first + count && i < endpoint_count; i++) {
        endpoint_stop(&endpoints[i]);
        for (int k = 0; k < room_count; k++) room_remove(&rooms[k], i);
    }
    result_begin("stop");
    printf("\"units\": %d", count);
    result_end();
}

static void run_command(Command *c) {
    measure_begin();
    input_open = false; /* until the result has been printed */
    const char *verb = c->words[0];
    if (!strcmp(verb, "room")) return make_room(c);
    if (!strcmp(verb, "stop")) return stop_endpoints(c);
    if (!strcmp(verb, "post")) return posts_start(c);
    if (!strcmp(verb, "lookup")) {
        free(lookup_uri);
        lookup_uri = strdup(word(c, "uri", ""));
    }
    if (!strcmp(verb, "channel")) {
        config.channel = strdup(word(c, "uri", ""));
        result_begin("channel");
        printf("\"units\": 1");
        return result_end();
    }
    steps_start(c);
}

static void next_command(void) {
    char *eol = input.n ? memchr(input.p, '\n', input.n) : NULL;
    if (!eol || !input_open) return;
    Command c = {0};
    size_t n = (size_t)(eol - input.p);
    if (n >= sizeof c.text) die("command too long");
    memcpy(c.text, input.p, n);
    buf_drop(&input, n + 1);
    for (char *w = strtok(c.text, " "); w && c.count < 32; w = strtok(NULL, " ")) c.words[c.count++] = w;
    if (c.count) run_command(&c);
}

static void on_input(void *context) {
    (void)context;
    char chunk[4096];
    ssize_t n = read(STDIN_FILENO, chunk, sizeof chunk);
    if (n <= 0) exit(0); /* the driver is gone */
    buf_add(&input, chunk, (size_t)n);
}

static void on_timer(void *context) {
    uint64_t ticks;
    if (read(*(int *)context, &ticks, sizeof ticks) < 0) return;
    posts_tick();
}

static void start_timer(void) {
    static int fd;
    fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct itimerspec every = {.it_interval.tv_nsec = 1000000, .it_value.tv_nsec = 1000000};
    if (fd < 0 || timerfd_settime(fd, 0, &every, NULL)) die("timerfd failed");
    net_watch(fd, on_timer, &fd);
}

static void raise_file_limit(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv) {
    Command options = {.words = {"options"}, .count = 1};
    for (int i = 1; i < argc && options.count < 32; i++) options.words[options.count++] = argv[i];
    config = (Config){
        .host = word(&options, "host", "127.0.0.1"),
        .domain = word(&options, "domain", "example.com"),
        .password = word(&options, "password", ""),
        .agent = word(&options, "agent", "ParlourBench/1"),
        .channel = word(&options, "channel", ""),
        .port = (int)word_number(&options, "port", 5060),
        .sources = (int)word_number(&options, "sources", 0),
        .verify_every = (int)word_number(&options, "verify", 64),
        .tls = word_number(&options, "tls", 0),
        .auth = strcmp(word(&options, "auth", "digest"), "ntlm") ? AUTH_DIGEST : AUTH_NTLM,
    };
    if (getrandom(&config.run, sizeof config.run, 0) != sizeof config.run) die("getrandom failed");
    endpoint_count = (int)word_number(&options, "endpoints", 1000);
    endpoints = calloc((size_t)endpoint_count, sizeof *endpoints);
    if (!endpoints) die("out of memory");
    for (int i = 0; i < endpoint_count; i++) {
        endpoints[i].conn.fd = -1;
        endpoints[i].step = -1;
    }
    raise_file_limit();
    net_init(config.tls);
    net_watch(STDIN_FILENO, on_input, NULL);
    start_timer();
    for (;;) {
        net_wait(-1);
        next_command();
    }
}
