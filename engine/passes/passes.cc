#include "engine/passes/passes.h"

namespace tinyrig::engine::passes {

absl::Status RunPasses(ir::Graph* graph) {
  struct Pass {
    const char* name;
    void (*run)(ir::Graph*);
  };
  // Empty pads go first, so that a pad behind one still finds its convolution.
  constexpr Pass kPasses[] = {{"drop-dead-ops", DropDeadOps},
                              {"drop-views", DropViews},
                              {"fold-pads", FoldPads}};
  RETURN_IF_ERROR(base::WithContext(ir::VerifyGraph(*graph), "before passes"));
  for (const Pass& pass : kPasses) {
    pass.run(graph);
    RETURN_IF_ERROR(base::WithContext(ir::VerifyGraph(*graph), pass.name));
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::engine::passes
