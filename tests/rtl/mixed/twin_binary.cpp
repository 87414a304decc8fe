/* The binary engine as a twin (nb_binary_engine). */
#include "Vnb_binary_engine.h"
#include "tests/rtl/mixed/twin.hpp"

namespace mixed {

namespace {

class binary_twin : public twin {
      public:
	explicit binary_twin(uint64_t period_value)
	    : twin("binary_twin", UNIT_BINARY, period_value), rtl_("binary_rtl") {
		bind_common(rtl_);
		rtl_.running(running);
		unused_(rtl_.activation_address);
		unused_(rtl_.activation_word);
		unused_(rtl_.weight_address);
		unused_(rtl_.weight_word);
		unused_(rtl_.border_address);
		unused_(rtl_.border_word);
		unused_(rtl_.sum_write);
		unused_(rtl_.sum_address);
		unused_(rtl_.sum_word);
	}

      protected:
	uint32_t ports_wanted() const override {
		return ports_read(machine_, BUFFER_BIT_ACTIVATIONS) | ports_read(machine_, BUFFER_BIT_WEIGHTS) |
		       ports_read(machine_, BUFFER_BORDER);
	}

      private:
	Vnb_binary_engine rtl_;
};

} // namespace

std::unique_ptr<twin> make_binary_twin(uint64_t period_value) {
	return std::make_unique<binary_twin>(period_value);
}

} // namespace mixed
