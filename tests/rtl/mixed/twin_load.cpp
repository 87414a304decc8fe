/* The DMA's read master as a twin (nb_load). */
#include "Vnb_load.h"
#include "tests/rtl/mixed/twin.hpp"

namespace mixed {

namespace {

class load_twin : public twin {
      public:
	explicit load_twin(uint64_t period_value) : twin("load_twin", UNIT_LOAD, period_value), rtl_("load_rtl") {
		bind_common(rtl_);
		rtl_.burst_beats(burst_beats_);
		rtl_.writes(writes_);
		rtl_.request(request_);
		rtl_.request_channel(channel_);
		rtl_.request_address(address_);
		rtl_.request_bytes(bytes_);
		rtl_.arrival(arrival_);
		rtl_.busy(running);
		rtl_.head_counts(head_counts_);
		unused_(rtl_.pull);
		unused_(rtl_.pull_channel);
		unused_(rtl_.pull_address);
		unused_(rtl_.write);
		unused_(rtl_.write_buffer);
		unused_(rtl_.write_address);
		unused_(rtl_.write_segment);
		unused_(rtl_.write_bytes);
	}

      protected:
	uint32_t ports_wanted() const override {
		uint32_t ports = 0;
		for (int buffer = 0; buffer < BUFFER_COUNT; buffer++)
			if (writes_.read() & 1u << buffer)
				ports |= ports_write(machine_, static_cast<enum buffer_id>(buffer));
		return ports;
	}
	bool head_counts() const override { return head_counts_.read(); }
	bool burst_is_issued(struct burst *burst) const override {
		burst->channel = channel_.read();
		burst->address = address_.read();
		burst->bytes = bytes_.read();
		return request_.read();
	}
	void set_answer(bool is_there) override {
		burst_beats_.write(machine_->config->dma_burst_beats);
		arrival_.write(is_there);
	}

      private:
	Vnb_load rtl_;
	sc_core::sc_signal<uint32_t> burst_beats_, writes_, channel_, address_, bytes_;
	sc_core::sc_signal<bool> request_, arrival_, head_counts_;
};

} // namespace

std::unique_ptr<twin> make_load_twin(uint64_t period_value) {
	return std::make_unique<load_twin>(period_value);
}

} // namespace mixed
