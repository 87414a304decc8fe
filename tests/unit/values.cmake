# nbsim_test_trace: input_trace.cmake
nb_test(test_values test_values.c nbsim_values nbsim_test_trace)
nb_test(test_values_golden test_values_golden.c nbsim_values nbsim_workloads nbsim_test_trace)
