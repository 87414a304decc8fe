add_library(nbsim_test_trace STATIC trace_sample.c golden_networks.c)
target_link_libraries(nbsim_test_trace PUBLIC nbsim_input nbsim_base nbsim_settings)
nb_test(test_trace test_trace.c nbsim_test_trace nbsim_input)
nb_test(test_image test_image.c nbsim_input ZLIB::ZLIB)
