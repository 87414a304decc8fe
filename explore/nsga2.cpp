// See nsga2.h. Individuals are vectors of integers, one an axis; a generation is evaluated as one batch, which the
// caller spreads over its processes. Exceptions end here.
#include "explore/nsga2.h"

#ifdef NBSIM_PAGMO

#include <cmath>
#include <exception>
#include <new>
#include <utility>
#include <vector>

#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/nsga2.hpp>
#include <pagmo/batch_evaluators/member_bfe.hpp>
#include <pagmo/bfe.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>

namespace {

struct stopped : std::exception {};

struct state {
	const nsga2_problem *problem;
	struct error *error;
	enum status status;
};

struct grid_problem {
	state *shared = nullptr;

	pagmo::vector_double batch_fitness(const pagmo::vector_double &individuals) const {
		const nsga2_problem &problem = *shared->problem;
		const std::size_t count = individuals.size() / problem.axes;
		std::vector<std::uint32_t> choices(individuals.size());
		for (std::size_t i = 0; i < choices.size(); i++) {
			const std::uint32_t last = problem.counts[i % problem.axes] - 1;
			const double place = std::floor(individuals[i] + 0.5);
			choices[i] = place <= 0 ? 0 : place >= last ? last : static_cast<std::uint32_t>(place);
		}
		pagmo::vector_double costs(count * problem.objectives);
		shared->status = problem.evaluate(problem.context, choices.data(), count, costs.data(), shared->error);
		if (shared->status != STATUS_OK) throw stopped();
		return costs;
	}

	pagmo::vector_double fitness(const pagmo::vector_double &individual) const { return batch_fitness(individual); }
	pagmo::vector_double::size_type get_nobj() const { return shared ? shared->problem->objectives : 2; }
	pagmo::vector_double::size_type get_nix() const { return shared ? shared->problem->axes : 1; }
	bool has_batch_fitness() const { return true; }

	std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
		if (!shared) return {{0.0}, {1.0}};
		const nsga2_problem &problem = *shared->problem;
		pagmo::vector_double low(problem.axes, 0.0), high(problem.axes);
		for (std::uint32_t a = 0; a < problem.axes; a++) high[a] = problem.counts[a] - 1.0;
		return {low, high};
	}

	template <typename Archive> void serialize(Archive &, unsigned) {}
};

void search(state &shared) {
	const nsga2_problem &wanted = *shared.problem;
	pagmo::problem problem{grid_problem{&shared}};
	pagmo::bfe batch{pagmo::member_bfe{}};
	pagmo::population population{problem, batch, wanted.population, wanted.seed};
	pagmo::nsga2 method{1u, 0.95, 10.0, 0.05, 20.0, wanted.seed};
	method.set_bfe(batch);
	pagmo::algorithm algorithm{method};
	for (std::uint32_t g = 0; g < wanted.generations; g++) population = algorithm.evolve(population);
}

} // namespace

extern "C" int nsga2_is_available(void) {
	return 1;
}

extern "C" enum status nsga2_search(const nsga2_problem *problem, struct error *error) {
	state shared{problem, error, STATUS_OK};
	try {
		search(shared);
	} catch (const stopped &) {
		return shared.status;
	} catch (const std::bad_alloc &) {
		return error_set(error, STATUS_MEMORY, "out of memory for the search");
	} catch (const std::exception &fault) {
		return error_set(error, STATUS_FAILED, "search: %.800s", fault.what());
	}
	return STATUS_OK;
}

#else

extern "C" int nsga2_is_available(void) {
	return 0;
}

extern "C" enum status nsga2_search(const nsga2_problem *, struct error *error) {
	return error_set(
	    error, STATUS_FAILED,
	    "this build has no NSGA-II: it was made without pagmo2 (Debian: libpagmo-dev); expected strategy "
	    "grid, random, latin or refine");
}

#endif
