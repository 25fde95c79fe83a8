/* Tells callgrind what to count: all between start() and stop(). Outside of callgrind neither does anything. */
#include <valgrind/callgrind.h>

void start(void) { CALLGRIND_START_INSTRUMENTATION; }
void stop(void) { CALLGRIND_STOP_INSTRUMENTATION; }
