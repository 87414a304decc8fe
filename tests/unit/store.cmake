add_library(nbsim_test_store STATIC store_runs.c)
target_link_libraries(nbsim_test_store PUBLIC nbsim_store SQLite::SQLite3 nbsim_settings)
nb_test(test_store test_store.c nbsim_test_store)
nb_test(test_store_fault test_store_fault.c nbsim_test_store)
