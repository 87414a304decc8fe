/* The DMA's write master as a twin (nb_store). */
#include "Vnb_store.h"
#include "tests/rtl/mixed/twin.hpp"

namespace mixed {

namespace {

class store_twin : public twin {
      public:
	explicit store_twin(uint64_t period_value) : twin("store_twin", UNIT_STORE, period_value), rtl_("store_rtl") {
		bind_common(rtl_);
		rtl_.burst_beats(burst_beats_);
		rtl_.reads(reads_);
		rtl_.waiting(waiting_);
		rtl_.request(request_);
		rtl_.request_channel(channel_);
		rtl_.request_address(address_);
		rtl_.request_bytes(bytes_);
		rtl_.answer(answer_);
		rtl_.busy(running);
		rtl_.head_counts(head_counts_);
		unused_(rtl_.reading);
		unused_(rtl_.read_address);
		unused_(rtl_.read_segment);
		unused_(rtl_.data);
		unused_(rtl_.data_channel);
		unused_(rtl_.data_buffer);
		unused_(rtl_.data_address);
		unused_(rtl_.data_bytes);
	}

      protected:
	uint32_t ports_wanted() const override {
		uint32_t ports = 0;
		for (int buffer = 0; buffer < BUFFER_COUNT; buffer++)
			if (reads_.read() & 1u << buffer)
				ports |= ports_read(machine_, static_cast<enum buffer_id>(buffer));
		return ports;
	}
	bool head_counts() const override { return head_counts_.read(); }
	bool is_waiting() const override { return waiting_.read(); }
	bool burst_is_issued(struct burst *burst) const override {
		burst->channel = channel_.read();
		burst->address = address_.read();
		burst->bytes = bytes_.read();
		return request_.read();
	}
	void set_answer(bool is_there) override {
		burst_beats_.write(machine_->config->dma_burst_beats);
		answer_.write(is_there);
	}

      private:
	Vnb_store rtl_;
	sc_core::sc_signal<uint32_t> burst_beats_, reads_, channel_, address_, bytes_;
	sc_core::sc_signal<bool> waiting_, request_, answer_, head_counts_;
};

} // namespace

std::unique_ptr<twin> make_store_twin(uint64_t period_value) {
	return std::make_unique<store_twin>(period_value);
}

} // namespace mixed
