/* The post unit as a twin (nb_post). */
#include "Vnb_post.h"
#include "tests/rtl/mixed/twin.hpp"

namespace mixed {

namespace {

class post_twin : public twin {
      public:
	explicit post_twin(uint64_t period_value) : twin("post_twin", UNIT_POST, period_value), rtl_("post_rtl") {
		bind_common(rtl_);
		rtl_.running(running);
		rtl_.writes(writes_);
		unused_(rtl_.accumulator_address);
		unused_(rtl_.accumulator_word);
		unused_(rtl_.skip_address);
		unused_(rtl_.skip_word);
		unused_(rtl_.parameter_address);
		unused_(rtl_.parameter_word);
		unused_(rtl_.fixed_write);
		unused_(rtl_.fixed_address);
		unused_(rtl_.fixed_enable);
		unused_(rtl_.fixed_word);
		unused_(rtl_.bits_write);
		unused_(rtl_.bits_address);
		unused_(rtl_.bits_enable);
		unused_(rtl_.bits_word);
		unused_(rtl_.output_write);
		unused_(rtl_.output_address);
		unused_(rtl_.output_word);
	}

      protected:
	uint32_t ports_wanted() const override {
		uint32_t ports = ports_read(machine_, BUFFER_PARAMETERS);
		if (writes_.read() & 1) ports |= ports_write(machine_, BUFFER_FIXED_ACTIVATIONS);
		if (writes_.read() & 2) ports |= ports_write(machine_, BUFFER_BIT_ACTIVATIONS);
		if (writes_.read() & 4) ports |= ports_write(machine_, BUFFER_OUTPUT);
		return ports;
	}

      private:
	Vnb_post rtl_;
	sc_core::sc_signal<uint32_t> writes_;
};

} // namespace

std::unique_ptr<twin> make_post_twin(uint64_t period_value) {
	return std::make_unique<post_twin>(period_value);
}

} // namespace mixed
