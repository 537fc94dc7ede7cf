/* Percentiles. */
#include "samples.h"

#include <stdio.h>
#include <stdlib.h>

#include "text.h"

void samples_add(Samples *s, uint64_t ns) {
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 4096;
        s->micros = realloc(s->micros, s->cap * sizeof *s->micros);
        if (!s->micros) die("out of memory");
    }
    uint64_t us = ns / 1000;
    s->micros[s->n++] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t at(const Samples *s, double share) {
    return s->n ? s->micros[(size_t)(share * (double)(s->n - 1) + 0.5)] : 0;
}

void samples_print(Samples *s, const char *name) {
    if (s->n) qsort(s->micros, s->n, sizeof *s->micros, compare);
    printf("\"%s\": {\"n\": %zu, \"p50\": %u, \"p90\": %u, \"p99\": %u, \"max\": %u}", name, s->n, at(s, 0.5), at(s, 0.9),
           at(s, 0.99), at(s, 1));
    s->n = 0;
}
