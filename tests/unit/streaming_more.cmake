nb_test(test_stream_sizing test_stream_sizing.c nbsim_streaming)
if(TARGET test_stream_sizing)
  target_sources(test_stream_sizing PRIVATE test_stream_made.c stream_stepper.c)
endif()
