/* See twin.hpp. */
#include "tests/rtl/mixed/twin.hpp"

namespace mixed {

/* Longer than any run: the arbiter is told of the true end when the RTL raises port_last. */
static const uint64_t hold_cycles = uint64_t(1) << 30;

twin::twin(sc_core::sc_module_name module_name, enum unit_id unit, uint64_t period_value)
    : sc_core::sc_module(module_name), unit_(unit), period_value_(period_value) {
	SC_HAS_PROCESS(twin);
	SC_METHOD(begin);
	sensitive << begin_event_;
	SC_METHOD(middle);
	sensitive << middle_event_;
	dont_initialize();
}

void twin::set_head(uint64_t cycle) {
	uint64_t next_cycle;
	bool is_there = queue_head(&machine_->queues[unit_], cycle, &head_command_, &next_cycle);
	head_valid.write(is_there);
	if (!is_there) {
		tokens_there.write(false);
		return;
	}
	const struct command *command = &machine_->program->commands[head_command_];
	uint32_t words[COMMAND_WORDS];
	sc_dt::sc_bv<512> bits;
	command_encode(command, words);
	for (int i = 0; i < COMMAND_WORDS; i++) bits.set_word(i, words[i]);
	head.write(bits);
	wait_ = tokens_check(machine_, unit_, command, cycle, &next_cycle);
	tokens_there.write(wait_ == TOKENS_READY);
}

void twin::release_ports(uint64_t cycle) {
	for (uint32_t port = 0; port < 32; port++)
		if (ports_held_ & 1u << port) machine_->arbiter.free_cycle[port] = cycle + 1;
	ports_held_ = 0;
	machine_wake(machine_, PROCESS_ARBITER, cycle + 1);
}

void twin::begin() {
	const uint64_t now = cycle();
	clock.write(false);
	granted.write(false);
	set_head(now);
	if (asking.read() && !machine_->arbiter.request[unit_].active) {
		ports_held_ = ports_wanted();
		ports_request(machine_, unit_, ports_held_, now, hold_cycles);
	}
	if (port_last.read()) {
		release_ports(now);
		if (unit_ == UNIT_STORE) read_commands_.push_back(command_);
	}
	if (give.read()) {
		struct command command = {};
		command.give_data = give_masks.read() & 31;
		command.give_room = give_masks.read() >> 5 & 31;
		tokens_give(machine_, unit_, &command, now + 1);
	}
	struct burst burst = {};
	if (burst_is_issued(&burst)) {
		uint32_t of = command_;
		if (unit_ == UNIT_STORE) {
			of = read_commands_.front();
			read_commands_.pop_front();
		}
		burst.unit = unit_;
		burst.beats = (burst.bytes + machine_->config->dma_axi_bytes - 1) / machine_->config->dma_axi_bytes;
		burst.visible_at_cycle = now + 1;
		dma_count(machine_, &machine_->program->commands[of], &burst);
		if (machine_->hooks.memory)
			machine_->hooks.memory(machine_->hooks.context, &burst);
		else
			machine_memory_request(machine_, &burst);
	}
	bool is_answered = !answers_.empty() && answers_.front() == now + 1;
	set_answer(is_answered);
	if (is_answered) answers_.pop_front();
	middle_event_.notify(sc_core::sc_time::from_value(period_value_ / 2));
}

void twin::grant(uint64_t) {
	granted.write(true);
}

void twin::middle() {
	const uint64_t now = cycle();
	if (accept.read()) {
		const struct command *command = &machine_->program->commands[head_command_];
		command_ = head_command_;
		commands_++;
		queue_pop(machine_, unit_, now);
		tokens_take(machine_, unit_, command);
		if (unit_ == UNIT_LOAD) machine_->result.layers[command->layer].load_commands++;
		if (unit_ == UNIT_STORE) machine_->result.layers[command->layer].store_commands++;
	}
	account(now);
	clock.write(true);
	begin_event_.notify(sc_core::sc_time::from_value((now + 1) * period_value_ - sc_core::sc_time_stamp().value()));
}

/* PROGRAM.md section 11. */
void twin::account(uint64_t now) {
	enum unit_state state = STATE_IDLE;
	bool ended = machine_->sequencer.ended_cycle <= now;
	uint32_t layer = active.read()       ? active_layer.read()
	                 : head_valid.read() ? machine_->program->commands[head_command_].layer
	                                     : layer_before_;
	if (running.read())
		state = STATE_BUSY;
	else if (filled.read())
		state = STATE_FILL_DRAIN;
	else if (accept.read() || granted.read() || (!active.read() && !head_valid.read() && !ended))
		state = STATE_DISPATCH;
	else if (asking.read() || is_waiting() || (head_counts() && wait_ == TOKENS_WAIT_ROOM))
		state = STATE_BLOCKED;
	else if (head_counts() && wait_ == TOKENS_WAIT_MEMORY)
		state = STATE_MEMORY;
	else if (head_counts() && wait_ == TOKENS_WAIT_DATA)
		state = STATE_STARVED;
	machine_->result.layers[layer].cycles[unit_][state]++;
	machine_->accounts[unit_].next_cycle = now + 1;
	layer_before_ = layer;
	cycles_ = now + 1;
}

void twin::finish(uint64_t last_cycle) {
	if (cycles_ == last_cycle) account(last_cycle);
}

bool twin::is_quiet(uint64_t now) const {
	const struct command_queue *queue = &machine_->queues[unit_];
	return !queue->count && queue->last_pop_cycle != now && !active.read() && !filled.read();
}

} // namespace mixed
