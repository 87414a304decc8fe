/* See pool.h. One socket pair a worker carries single bytes: the number of a slot that is ready, and back when it is
 * done. End of file on it is a death. Workers ignore SIGINT (the parent decides) and end with their parent. */
#include "explore/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 2, TICK_MS = 100, STOP_MS = 1000 };

/* Shared between the parent and one worker. */
struct slot {
	atomic_uint done; /* rows that are complete */
	uint32_t count;
	uint64_t *items;
	unsigned char *rows;
};

struct shared {
	atomic_int stop;
	uint64_t counts[POOL_COUNTS];
	struct slot slots[SLOTS];
};

struct worker {
	pid_t pid; /* 0: none */
	int socket;
	struct shared *shared;
	size_t shared_bytes;
	int queue[SLOTS], queued; /* slots given, in order */
	int is_suspect[SLOTS];    /* the slot holds one item, at which a worker died before */
};

struct items {
	uint64_t *items;
	size_t count, capacity;
};

struct pool {
	const struct pool_job *job;
	struct worker workers[POOL_WORKERS_MAX];
	struct items again;    /* lost with a worker, not its fault */
	struct items suspects; /* a worker died at each: to be given alone */
	uint64_t counts[POOL_COUNTS];
	uint64_t quick_deaths; /* deaths without a row between them */
	unsigned char *row;
	int at_end;
	double stopped_s; /* when a stop was seen; 0: not yet */
	struct error *error;
};

static enum status failed(struct pool *pool, const char *what) {
	return error_set(pool->error, STATUS_FAILED, "worker processes: %s: %s", what, strerror(errno));
}

/* --- worker ------------------------------------------------------------------------------------------------------- */

static void worker_chunk(const struct pool_job *job, void *state, struct shared *shared, struct slot *slot) {
	for (uint32_t i = atomic_load(&slot->done); i < slot->count && !atomic_load(&shared->stop); i++) {
		unsigned char *row = slot->rows + i * job->row_bytes;
		memset(row, 0, job->row_bytes);
		job->work(state, slot->items[i], row);
		atomic_store(&slot->done, i + 1);
	}
	if (job->count) job->count(state, shared->counts);
}

static void worker_main(const struct pool_job *job, struct shared *shared, int socket, pid_t parent) {
	unsigned char byte;
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) _exit(1);
	void *state = job->begin(job->context);
	if (!state) _exit(1);
	while (read(socket, &byte, 1) == 1) {
		worker_chunk(job, state, shared, &shared->slots[byte % SLOTS]);
		if (write(socket, &byte, 1) != 1) break;
	}
	_exit(0);
}

/* --- parent ------------------------------------------------------------------------------------------------------- */

static enum status share_memory(struct pool *pool, struct worker *worker) {
	const struct pool_job *job = pool->job;
	size_t slot_bytes = job->chunk_items * (sizeof(uint64_t) + job->row_bytes);
	size_t head = (sizeof *worker->shared + 63) / 64 * 64;
	worker->shared_bytes = head + SLOTS * slot_bytes;
	void *memory = mmap(NULL, worker->shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) return error_set(pool->error, STATUS_MEMORY, "out of memory for the workers");
	worker->shared = memory;
	for (int s = 0; s < SLOTS; s++) {
		unsigned char *at = (unsigned char *)memory + head + (size_t)s * slot_bytes;
		worker->shared->slots[s].items = (uint64_t *)(void *)at;
		worker->shared->slots[s].rows = at + job->chunk_items * sizeof(uint64_t);
	}
	return STATUS_OK;
}

static enum status start_worker(struct pool *pool, struct worker *worker) {
	int pair[2];
	pid_t parent = getpid();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) return failed(pool, "socketpair");
	worker->queued = 0;
	memset(worker->shared->counts, 0, sizeof worker->shared->counts);
	worker->pid = fork();
	if (worker->pid == 0) {
		close(pair[0]);
		for (int w = 0; w < POOL_WORKERS_MAX; w++) /* the others' ends: their end of file must be theirs */
			if (pool->workers[w].pid > 0 && &pool->workers[w] != worker) close(pool->workers[w].socket);
		worker_main(pool->job, worker->shared, pair[1], parent);
	}
	close(pair[1]);
	if (worker->pid < 0) {
		worker->pid = 0;
		close(pair[0]);
		return failed(pool, "fork");
	}
	worker->socket = pair[0];
	return STATUS_OK;
}

static enum status push(struct pool *pool, struct items *list, uint64_t item) {
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 64;
		uint64_t *items = realloc(list->items, capacity * sizeof *items);
		if (!items) return error_set(pool->error, STATUS_MEMORY, "out of memory for the workers");
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = item;
	return STATUS_OK;
}

/* A suspect alone, else what was lost, else what is new. */
static uint32_t take_items(struct pool *pool, uint64_t *items, int *is_suspect) {
	uint32_t count = 0, most = pool->job->chunk_items;
	*is_suspect = pool->suspects.count > 0;
	if (*is_suspect) {
		items[0] = pool->suspects.items[--pool->suspects.count];
		return 1;
	}
	while (pool->again.count && count < most) items[count++] = pool->again.items[--pool->again.count];
	if (count || pool->at_end) return count;
	count = (uint32_t)pool->job->next(pool->job->context, items, most);
	if (!count) pool->at_end = 1;
	return count;
}

static int is_stopped(const struct pool *pool) {
	return pool->job->stop && *pool->job->stop;
}

static void feed(struct pool *pool, struct worker *worker) {
	while (worker->pid && worker->queued < SLOTS && !is_stopped(pool)) {
		int number = worker->queued ? !worker->queue[0] : 0;
		struct slot *slot = &worker->shared->slots[number];
		uint32_t count = take_items(pool, slot->items, &worker->is_suspect[number]);
		if (!count) return;
		unsigned char byte = (unsigned char)number;
		slot->count = count;
		atomic_store(&slot->done, 0);
		worker->queue[worker->queued++] = number;
		if (send(worker->socket, &byte, 1, MSG_NOSIGNAL) != 1) return; /* dead: found by poll */
	}
}

static enum status take_rows(struct pool *pool, struct slot *slot) {
	enum status status = STATUS_OK;
	uint32_t done = atomic_load(&slot->done);
	if (done) pool->quick_deaths = 0;
	for (uint32_t i = 0; !status && i < done; i++)
		status = pool->job->result(pool->job->context, slot->items[i], slot->rows + i * pool->job->row_bytes,
		                           pool->error);
	return status;
}

static void add_counts(struct pool *pool, const struct worker *worker) {
	for (int i = 0; i < POOL_COUNTS; i++) pool->counts[i] += worker->shared->counts[i];
}

/* The item at which a worker died: once more, or a row that says so. */
static enum status suspect(struct pool *pool, uint64_t item, int is_second, int how) {
	if (!is_second) return push(pool, &pool->suspects, item);
	memset(pool->row, 0, pool->job->row_bytes);
	pool->job->died(pool->job->context, item, WIFSIGNALED(how) ? WTERMSIG(how) : 0, pool->row);
	pool->quick_deaths = 0;
	return pool->job->result(pool->job->context, item, pool->row, pool->error);
}

/* What the dead worker had under way: rows are kept, the rest is done again. */
static enum status bury(struct pool *pool, struct worker *worker) {
	int how = 0;
	enum status status = STATUS_OK;
	while (waitpid(worker->pid, &how, 0) < 0 && errno == EINTR) continue;
	close(worker->socket);
	worker->pid = 0;
	add_counts(pool, worker);
	int is_found = 0; /* what it died at: the first item that is not done */
	for (int q = 0; !status && q < worker->queued; q++) {
		int number = worker->queue[q];
		struct slot *slot = &worker->shared->slots[number];
		uint32_t done = atomic_load(&slot->done);
		status = take_rows(pool, slot);
		struct items *rest = worker->is_suspect[number] ? &pool->suspects : &pool->again;
		for (uint32_t i = done; !status && i < slot->count && !is_stopped(pool); i++) {
			status = is_found ? push(pool, rest, slot->items[i])
			                  : suspect(pool, slot->items[i], worker->is_suspect[number], how);
			is_found = 1;
		}
	}
	worker->queued = 0;
	if (!status && ++pool->quick_deaths > 2 * POOL_WORKERS_MAX)
		return error_set(pool->error, STATUS_FAILED, "worker processes die without computing anything");
	return status;
}

/* A slot is done (the byte), or the worker is. */
static enum status hear(struct pool *pool, struct worker *worker) {
	unsigned char byte;
	ssize_t got = recv(worker->socket, &byte, 1, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR)) return STATUS_OK;
	if (got != 1) {
		enum status status = bury(pool, worker);
		if (!status && !is_stopped(pool)) status = start_worker(pool, worker);
		return status;
	}
	struct slot *slot = &worker->shared->slots[worker->queue[0]];
	worker->queue[0] = worker->queue[1];
	worker->queued--;
	return take_rows(pool, slot);
}

static int is_idle(const struct pool *pool) {
	for (uint32_t w = 0; w < pool->job->workers; w++)
		if (pool->workers[w].pid && pool->workers[w].queued) return 0;
	return 1;
}

static enum status wait_and_hear(struct pool *pool) {
	struct pollfd fds[POOL_WORKERS_MAX];
	uint32_t index[POOL_WORKERS_MAX], count = 0;
	enum status status = STATUS_OK;
	for (uint32_t w = 0; w < pool->job->workers; w++) {
		if (!pool->workers[w].pid) continue;
		fds[count] = (struct pollfd){.fd = pool->workers[w].socket, .events = POLLIN};
		index[count++] = w;
	}
	int ready = poll(fds, count, TICK_MS);
	if (ready < 0 && errno != EINTR) return failed(pool, "poll");
	for (uint32_t i = 0; !status && ready > 0 && i < count; i++)
		if (fds[i].revents) status = hear(pool, &pool->workers[index[i]]);
	if (!status && pool->job->tick) status = pool->job->tick(pool->job->context, pool->error);
	return status;
}

/* After a stop: workers end behind the item they are at; one that takes longer than STOP_MS is killed. */
static void stop_workers(struct pool *pool) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	const double now_s = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
	if (pool->stopped_s <= 0) pool->stopped_s = now_s;
	const int is_late = now_s - pool->stopped_s > STOP_MS / 1000.0;
	for (uint32_t w = 0; w < pool->job->workers; w++) {
		struct worker *worker = &pool->workers[w];
		atomic_store(&worker->shared->stop, 1);
		if (is_late && worker->pid && worker->queued) kill(worker->pid, SIGKILL);
	}
}

static enum status run(struct pool *pool) {
	enum status status = STATUS_OK;
	for (uint32_t w = 0; !status && w < pool->job->workers; w++) {
		status = share_memory(pool, &pool->workers[w]);
		if (!status) status = start_worker(pool, &pool->workers[w]);
	}
	while (!status) {
		if (is_stopped(pool)) stop_workers(pool);
		for (uint32_t w = 0; w < pool->job->workers; w++) feed(pool, &pool->workers[w]);
		if (is_idle(pool) &&
		    (is_stopped(pool) || (pool->at_end && !pool->again.count && !pool->suspects.count)))
			break;
		status = wait_and_hear(pool);
	}
	if (!status && is_stopped(pool)) status = error_set(pool->error, STATUS_INTERRUPTED, "interrupted");
	return status;
}

static void end_workers(struct pool *pool, int kill_them) {
	for (uint32_t w = 0; w < pool->job->workers; w++) {
		struct worker *worker = &pool->workers[w];
		if (worker->pid) {
			if (kill_them) kill(worker->pid, SIGKILL);
			close(worker->socket);
			while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR) continue;
			add_counts(pool, worker);
		}
		if (worker->shared) munmap(worker->shared, worker->shared_bytes);
	}
}

enum status pool_run(const struct pool_job *job, uint64_t counts[POOL_COUNTS], struct error *error) {
	struct pool *pool = calloc(1, sizeof *pool);
	if (pool) pool->row = malloc(job->row_bytes);
	if (!pool || !pool->row || !job->workers || job->workers > POOL_WORKERS_MAX) {
		free(pool);
		return error_set(error, STATUS_MEMORY, "out of memory for the workers");
	}
	pool->job = job;
	pool->error = error;
	enum status status = run(pool);
	end_workers(pool, status != STATUS_OK && status != STATUS_INTERRUPTED);
	if (counts) memcpy(counts, pool->counts, sizeof pool->counts);
	free(pool->again.items);
	free(pool->suspects.items);
	free(pool->row);
	free(pool);
	return status;
}
