/* Durations in nanoseconds, kept whole and summed up as percentiles. */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t *micros;
    size_t n, cap;
} Samples;

void samples_add(Samples *s, uint64_t ns);
/* Prints `"name": {"n": .., "p50": .., ...}` in microseconds and empties the set. */
void samples_print(Samples *s, const char *name);

#endif
