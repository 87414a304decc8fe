nb_test(test_store test_store.c nbsim_store)
