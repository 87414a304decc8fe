nb_test(test_machine test_machine.c nbsim_run)
