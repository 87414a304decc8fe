nb_test(test_stream test_stream.c nbsim_streaming)
if(TARGET test_stream)
  target_sources(test_stream PRIVATE stream_stepper.c)
endif()
