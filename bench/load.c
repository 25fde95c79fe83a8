/* The load generator: one thread, one epoll. It plays every client of a chat and checks what each one is sent.
 *
 *   load --port P --channels C --members M --senders S --inflight K     as fast as the echoes come back
 *   load --port P --channels C --members M --senders S --rate R         paced, R messages a second in total
 *       --one-by-one: what several echoes of one read set free is sent in a write each, not in one
 *       --random-ref: each message has a ref
 *   load --port P --idle N      connect N, say so, stay until stdin closes
 *   load --port P --join N      N connections join one channel: how long until every one has seen a count of N
 *
 * A message is `~sender:n:nanoseconds;`. Every receiver checks for each sender that n grows by one. Lines without a
 * `~` (hello, presence, ok) are not counted. One JSON object on stdout; exit status 1 if anything was lost, out of
 * order, or closed by the server.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HANDSHAKES 64           /* at a time: below the accept queue of every server (Tornado's holds 128) */
#define BUFFER (8 << 20)        /* what one read may hold, the rest of an unfinished frame included */
#define READ (256 << 10)
#define DRAIN 20e9              /* nanoseconds that the last messages may take */
#define SETUP 600e9             /* … and connecting and joining */
#define STEPS 32                /* the latency histogram's buckets in each power of two: 3 % */

struct bytes {
    char *data;
    size_t size, room;
};

struct client {
    int fd, id;
    bool open, ready;           /* upgraded; has seen its channel complete */
    struct bytes out;           /* what the socket did not take yet */
    struct bytes rest;          /* a frame that is not here as a whole */
    struct bytes parts;         /* the fragments of a message that is not: gorilla cuts at its buffer's size */
    uint32_t *next;             /* the next n of each sender of the channel */
    uint32_t sent, waiting;     /* messages sent; those whose echo is not back */
};

static int port, channels = 1, members, senders = 1, inflight, idle_mode, join_mode, server_pid;
static double warmup = 1, seconds = 5, rate;
static bool random_ref, one_by_one;

static int epoll, count, opened, started, complete;
static struct client *clients;
static bool joining, sending, measuring;
static uint64_t deliveries, lost, out_of_order, sent_total, latency[64 * STEPS];
static char *buffer;

static _Noreturn void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

static uint64_t read_clock(clockid_t clock) {
    struct timespec t;
    if (clock_gettime(clock, &t)) return 0;
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t now(void) { return read_clock(CLOCK_MONOTONIC); }

static uint64_t server_cpu(void) { /* of all its threads */
    clockid_t clock;
    return server_pid && !clock_getcpuclockid(server_pid, &clock) ? read_clock(clock) : 0;
}

static uint64_t random_bits(void) { /* xorshift: fast, and good enough for masks and refs */
    static uint64_t state;
    if (!state) state = now() | 1;
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* Latency */

static int bucket(uint64_t nanoseconds) {
    if (nanoseconds < STEPS) return nanoseconds;
    int shift = 63 - __builtin_clzll(nanoseconds) - 5; /* 2^5 = STEPS */
    return (shift + 1) * STEPS + (nanoseconds >> shift) - STEPS;
}

static double percentile(double share) { /* in milliseconds */
    uint64_t seen = 0;
    for (int i = 0; i < 64 * STEPS; i++) {
        seen += latency[i];
        if (seen && seen >= deliveries * share)
            return (i < STEPS ? i : (double)(i % STEPS + STEPS) * (1ull << (i / STEPS - 1))) / 1e6;
    }
    return 0;
}

/* Writing */

static void watch(struct client *c, int how, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(epoll, how, c->fd, &event)) fail("epoll_ctl: %s", strerror(errno));
}

static void append(struct bytes *to, const char *data, size_t size) {
    if (!size) return;
    if (to->size + size > to->room) to->data = realloc(to->data, to->room = (to->size + size) * 2);
    memcpy(to->data + to->size, data, size);
    to->size += size;
}

static void flush(struct client *c) {
    if (!c->out.size) return;
    ssize_t done = send(c->fd, c->out.data, c->out.size, MSG_NOSIGNAL);
    if (done < 0 && errno != EAGAIN) fail("client %d: send: %s", c->id, strerror(errno));
    if (done < 0) done = 0;
    c->out.size -= done;
    memmove(c->out.data, c->out.data + done, c->out.size);
    if (c->out.size) watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

static void push_frame(struct client *c, int opcode, const char *data, size_t size) {
    char frame[512];
    size_t head = 2;
    uint32_t bits = random_bits();
    frame[0] = 0x80 | opcode;
    frame[1] = 0x80 | (size < 126 ? size : 126);
    if (size >= 126) {
        frame[2] = size >> 8;
        frame[3] = size;
        head = 4;
    }
    char *mask = frame + head, *body = mask + 4;
    memcpy(mask, &bits, 4);
    for (size_t i = 0; i < size; i++) body[i] = data[i] ^ mask[i & 3];
    append(&c->out, frame, head + 4 + size);
}

static void push_join(struct client *c) {
    char text[128];
    push_frame(c, 1, text, sprintf(text, "{\"action\":\"join-channel\",\"message\":\"room%d\"}", c->id / members));
}

static void push_message(struct client *c) {
    char text[256], ref[24] = "";
    int size = sprintf(text, "{\"action\":\"send-message\",\"target\":\"room%d\",\"message\":\"~%d:%u:%llu;\"",
                       c->id / members, c->id, c->sent++, (unsigned long long)now());
    if (random_ref) {
        for (int i = 0; i < 12; i++) ref[i] = 'a' + random_bits() % 26;
        size += sprintf(text + size, ",\"ref\":\"%s\"", ref);
    }
    text[size++] = '}';
    push_frame(c, 1, text, size);
    c->waiting++;
    sent_total++;
}

/* Reading */

static const char *number(const char *at, uint64_t *value) {
    for (*value = 0; *at >= '0' && *at <= '9'; at++) *value = *value * 10 + (*at - '0');
    return at;
}

static void take_messages(struct client *c, const char *at, const char *end, uint64_t time) {
    uint64_t sender, n, start;
    while ((at = memchr(at, '~', end - at))) {
        const char *tail = number(number(number(at + 1, &sender) + 1, &n) + 1, &start);
        at++;
        if (*tail != ';') continue; /* somebody else's tilde */
        if (sender >= (uint64_t)count || (int)sender / members != c->id / members || (int)sender % members >= senders)
            fail("client %d was sent a message of %d, who is not in its channel", c->id, (int)sender);
        uint32_t *next = &c->next[sender % members];
        if (n > *next) lost += n - *next;
        if (n < *next) out_of_order++;
        else *next = n + 1;
        if (measuring) {
            deliveries++;
            latency[bucket(time - start)]++;
        }
        if ((int)sender == c->id) {
            c->waiting--;
            if (sending && !rate) {
                push_message(c);
                if (one_by_one) flush(c);
            }
        }
        at = tail;
    }
}

static void take_presence(struct client *c, const char *at, const char *end) {
    uint64_t value;
    while ((at = memmem(at, end - at, "\"presence\"", 10))) {
        const char *field = memmem(at, end - at, "\"count\":", 8);
        if (!field) return;
        number(field + (field[8] == ' ' ? 9 : 8), &value);
        if (value == (uint64_t)members && !c->ready) {
            c->ready = true;
            complete++;
        }
        at = field;
    }
}

static void take_text(struct client *c, const char *text, size_t size, uint64_t time) {
    if (joining) take_presence(c, text, text + size);
    else take_messages(c, text, text + size, time);
}

/* Takes whole frames; returns how many bytes they were. */
static size_t take_frames(struct client *c, char *data, size_t size, uint64_t time) {
    size_t done = 0;
    while (size - done >= 2) {
        const uint8_t *head = (uint8_t *)data + done;
        size_t length = head[1] & 127, skip = 2;
        if (length == 126) {
            if (size - done < 4) break;
            length = head[2] << 8 | head[3];
            skip = 4;
        } else if (length == 127) {
            if (size - done < 10) break;
            length = 0;
            for (int i = 2; i < 10; i++) length = length << 8 | head[i];
            skip = 10;
        }
        if (length > BUFFER - READ - 10) fail("client %d: a frame of %zu bytes", c->id, length);
        if (size - done < skip + length) break;
        char *body = data + done + skip;
        done += skip + length;
        switch (head[0]) {
        case 0x89: push_frame(c, 10, body, length); break;
        case 0x8a: break;
        case 0x88: fail("client %d: the server closed with %d", c->id, (uint8_t)body[0] << 8 | (uint8_t)body[1]);
        case 0x81: take_text(c, body, length, time); break;
        case 0x01:
        case 0x00: append(&c->parts, body, length); break;
        case 0x80:
            append(&c->parts, body, length);
            take_text(c, c->parts.data, c->parts.size, time);
            c->parts.size = 0;
            break;
        default: fail("client %d: a frame that starts with %02x", c->id, head[0]);
        }
    }
    return done;
}

static void connect_next(void) {
    struct client *c = &clients[started];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char request[256];
    int on = 1;
    c->id = started++;
    c->next = calloc(senders, sizeof *c->next);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) fail("socket: %s", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) fail("connect: %s", strerror(errno));
    append(&c->out, request, sprintf(request,
        "GET /ws?name=u%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", c->id, port));
    watch(c, EPOLL_CTL_ADD, EPOLLOUT);
}

/* Returns how many bytes of the answer there were, 0 while it is not complete. */
static size_t take_answer(struct client *c, char *data, size_t size) {
    char *end = memmem(data, size, "\r\n\r\n", 4);
    if (!end) return 0;
    if (memcmp(data, "HTTP/1.1 101", 12)) fail("client %d was not upgraded: %.12s", c->id, data);
    c->open = true;
    opened++;
    if (started < count) connect_next();
    return end + 4 - data;
}

static void take(struct client *c) {
    size_t size = c->rest.size, done = 0;
    if (size) memcpy(buffer, c->rest.data, size);
    ssize_t got = recv(c->fd, buffer + size, READ, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) fail("client %d: the server hung up: %s", c->id, got ? strerror(errno) : "end");
    size += got;
    if (!c->open) done = take_answer(c, buffer, size);
    if (c->open) done += take_frames(c, buffer + done, size - done, now());
    c->rest.size = 0;
    append(&c->rest, buffer + done, size - done);
    flush(c);
}

/* One turn of the loop. */
static void turn(int milliseconds) {
    struct epoll_event events[256];
    int ready = epoll_wait(epoll, events, 256, milliseconds);
    for (int i = 0; i < ready; i++) {
        struct client *c = events[i].data.ptr;
        if (!c) exit(0); /* stdin: the caller has seen enough */
        if (events[i].events & EPOLLOUT) {
            watch(c, EPOLL_CTL_MOD, EPOLLIN);
            flush(c);
        }
        if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) take(c);
    }
}

/* Returns the seconds until *reached == wanted. */
static double until(int *reached, int wanted, const char *what) {
    uint64_t start = now();
    while (*reached < wanted) {
        if (now() - start > SETUP) fail("%s: %d of %d after %.0f s", what, *reached, wanted, SETUP / 1e9);
        turn(100);
    }
    return (now() - start) / 1e9;
}

static double join_all(double *busy) {
    uint64_t own = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    joining = true;
    for (int i = 0; i < count; i++) {
        push_join(&clients[i]);
        flush(&clients[i]);
    }
    double took = until(&complete, count, "joined");
    joining = false;
    *busy = (read_clock(CLOCK_PROCESS_CPUTIME_ID) - own) / 1e9 / took;
    return took;
}

static void send_paced(uint64_t start) {
    static uint64_t turns;
    while (sending && sent_total < (now() - start) / 1e9 * rate) {
        struct client *c = &clients[turns % channels * members + turns / channels % senders];
        push_message(c);
        flush(c);
        turns++;
    }
}

static uint64_t missing(void) {
    uint64_t total = 0;
    for (int i = 0; i < count; i++)
        for (int s = 0; s < senders; s++) total += clients[i / members * members + s].sent - clients[i].next[s];
    return total;
}

static void fan_out(double upgrades) {
    uint64_t start = now(), from = start + warmup * 1e9, to = from + seconds * 1e9, time, own = 0, servers = 0, first = 0;
    sending = true;
    for (int i = 0; i < count && !rate; i++) {
        for (int k = 0; k < inflight && i % members < senders; k++) push_message(&clients[i]);
        flush(&clients[i]);
    }
    while ((time = now()) < to) {
        if (!measuring && time >= from) {
            measuring = true;
            own = read_clock(CLOCK_PROCESS_CPUTIME_ID);
            servers = server_cpu();
            first = time;
        }
        send_paced(start);
        turn(1);
    }
    own = read_clock(CLOCK_PROCESS_CPUTIME_ID) - own;
    servers = server_cpu() - servers;
    double took = time - first;
    sending = measuring = false;
    while (missing() && now() < time + DRAIN) turn(100);
    lost += missing();
    printf("{\"deliveries\": %llu, \"seconds\": %.3f, \"per_second\": %.0f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
           "\"busy\": %.3f, \"server_busy\": %.3f, \"cpu_us\": %.3f, \"lost\": %llu, \"out_of_order\": %llu, "
           "\"sent\": %llu, \"upgrades_per_second\": %.0f}\n",
           (unsigned long long)deliveries, took / 1e9, deliveries / took * 1e9, percentile(.5), percentile(.99),
           own / took, servers / took, deliveries ? servers / 1e3 / deliveries : 0, (unsigned long long)lost,
           (unsigned long long)out_of_order, (unsigned long long)sent_total, upgrades);
    if (lost || out_of_order)
        fail("%llu deliveries lost, %llu out of order", (unsigned long long)lost, (unsigned long long)out_of_order);
}

static void idle(double upgrades) {
    printf("{\"connections\": %d, \"upgrades_per_second\": %.0f, \"busy\": %.3f}\n", count, upgrades,
           read_clock(CLOCK_PROCESS_CPUTIME_ID) / 1e9 * upgrades / count);
    fflush(stdout);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &event);
    for (;;) turn(-1);
}

int main(int argc, char **argv) {
    enum { PORT, CHANNELS, MEMBERS, SENDERS, INFLIGHT, IDLE, JOIN, PID, WARMUP, SECONDS, RATE, REF, ONE_BY_ONE };
    static const struct option options[] = {
        {"port", 1, 0, PORT}, {"channels", 1, 0, CHANNELS}, {"members", 1, 0, MEMBERS}, {"senders", 1, 0, SENDERS},
        {"inflight", 1, 0, INFLIGHT}, {"idle", 1, 0, IDLE}, {"join", 1, 0, JOIN}, {"server-pid", 1, 0, PID},
        {"warmup", 1, 0, WARMUP}, {"seconds", 1, 0, SECONDS}, {"rate", 1, 0, RATE}, {"random-ref", 0, 0, REF},
        {"one-by-one", 0, 0, ONE_BY_ONE}, {0}};
    int *whole[] = {&port, &channels, &members, &senders, &inflight, &idle_mode, &join_mode, &server_pid};
    double *real[] = {&warmup, &seconds, &rate};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == '?') return 2;
        if (option == REF) random_ref = true;
        else if (option == ONE_BY_ONE) one_by_one = true;
        else if (option >= WARMUP) *real[option - WARMUP] = atof(optarg);
        else *whole[option] = atoi(optarg);
    }
    if (idle_mode || join_mode) {
        members = idle_mode + join_mode;
        channels = 1;
    }
    count = channels * members;
    if (!port || count < 1 || senders < 1 || senders > members) fail("--port, and clients that can send, are needed");

    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < (rlim_t)count + 20) fail("%d connections need a higher ulimit -n", count);

    clients = calloc(count, sizeof *clients);
    buffer = malloc(BUFFER);
    epoll = epoll_create1(0);
    for (int i = 0; i < HANDSHAKES && i < count; i++) connect_next();
    double upgrades = count / until(&opened, count, "connected");
    if (idle_mode) idle(upgrades);
    double busy, joined = join_all(&busy);
    if (join_mode)
        printf("{\"connections\": %d, \"seconds\": %.3f, \"busy\": %.3f, \"upgrades_per_second\": %.0f}\n", count, joined,
               busy, upgrades);
    else fan_out(upgrades);
    return 0;
}
