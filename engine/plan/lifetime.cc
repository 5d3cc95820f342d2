#include "engine/plan/lifetime.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "engine/plan/place.h"

namespace tinyrig::engine::plan {
namespace {

class Builder {
 public:
  Builder(const ir::Graph& graph, const std::vector<OpNeeds>& needs)
      : graph_(graph), needs_(needs) {
    TINYRIG_CHECK(needs.size() == graph.ops.size());
    buffers_.of_tensor.assign(graph.tensors.size(), kNoBuffer);
    buffers_.scratch_of.assign(graph.ops.size(), kNoBuffer);
    FindLastUses();
  }

  Buffers Run() {
    for (const ir::TensorId input : graph_.inputs) {
      Own(ir::StorageOf(graph_, input), -1);
    }
    for (size_t i = 0; i < graph_.ops.size(); ++i) {
      const int op = static_cast<int>(i);
      PlaceOutput(op);
      if (needs_[i].scratch_bytes > 0) {
        buffers_.scratch_of[i] = static_cast<int>(buffers_.requests.size());
        buffers_.requests.push_back({absl::StrCat("scratch of layer ", op),
                                     needs_[i].scratch_bytes, op, op});
      }
    }
    for (size_t id = 0; id < graph_.tensors.size(); ++id) {
      const int root = ir::StorageOf(graph_, static_cast<ir::TensorId>(id));
      buffers_.of_tensor[id] = buffers_.of_tensor[static_cast<size_t>(root)];
    }
    return std::move(buffers_);
  }

 private:
  void FindLastUses() {
    last_use_.assign(graph_.tensors.size(), -1);
    const auto used = [&](ir::TensorId id, int op) {
      int& last = last_use_[static_cast<size_t>(ir::StorageOf(graph_, id))];
      last = std::max(last, op);
    };
    for (size_t i = 0; i < graph_.ops.size(); ++i) {
      for (const ir::TensorId input : ir::ActivationInputs(graph_.ops[i])) {
        used(input, static_cast<int>(i));
      }
      used(ir::OutputOf(graph_.ops[i]), static_cast<int>(i));
    }
    for (const ir::TensorId output : graph_.outputs) {
      used(output, static_cast<int>(graph_.ops.size()));
    }
  }

  // A request of its own for storage `root`, born at `op`.
  void Own(ir::TensorId root, int op) {
    const auto at = static_cast<size_t>(root);
    if (buffers_.of_tensor[at] != kNoBuffer ||
        graph_.tensor(root).is_constant()) {
      return;
    }
    buffers_.of_tensor[at] = static_cast<int>(buffers_.requests.size());
    buffers_.requests.push_back({graph_.tensor(root).name,
                                 graph_.tensor(root).bytes(), op,
                                 std::max(last_use_[at], op)});
  }

  // The output of `op`: on an input that dies there, or a buffer of its own.
  void PlaceOutput(int op) {
    const auto& needs = needs_[static_cast<size_t>(op)];
    const ir::TensorId out = ir::StorageOf(
        graph_, ir::OutputOf(graph_.ops[static_cast<size_t>(op)]));
    for (const ir::TensorId input : needs.may_overwrite) {
      const ir::TensorId in = ir::StorageOf(graph_, input);
      const int buffer = buffers_.of_tensor[static_cast<size_t>(in)];
      if (buffer == kNoBuffer) {
        continue;
      }
      BufferRequest& request = buffers_.requests[static_cast<size_t>(buffer)];
      if (request.last_op == op &&
          request.bytes >= graph_.tensor(out).bytes()) {
        buffers_.of_tensor[static_cast<size_t>(out)] = buffer;
        request.last_op = std::max(op, last_use_[static_cast<size_t>(out)]);
        absl::StrAppend(&request.name, " > ", graph_.tensor(out).name);
        return;
      }
    }
    Own(out, op);
  }

  const ir::Graph& graph_;
  const std::vector<OpNeeds>& needs_;
  Buffers buffers_;
  std::vector<int> last_use_;  // by storage
};

}  // namespace

Buffers ComputeBuffers(const ir::Graph& graph,
                       const std::vector<OpNeeds>& needs) {
  return Builder(graph, needs).Run();
}

std::vector<int64_t> LiveBytesPerOp(const Buffers& buffers, size_t op_count) {
  std::vector<int64_t> live(op_count, 0);
  for (const BufferRequest& request : buffers.requests) {
    const int end = std::min(request.last_op, static_cast<int>(op_count) - 1);
    for (int op = std::max(request.first_op, 0); op <= end; ++op) {
      live[static_cast<size_t>(op)] += AlignUp(request.bytes);
    }
  }
  return live;
}

bool InputsPreserved(const ir::Graph& graph, const Buffers& buffers,
                     const Plan& plan) {
  for (const ir::TensorId input : graph.inputs) {
    const auto root = static_cast<size_t>(ir::StorageOf(graph, input));
    const auto at = static_cast<size_t>(buffers.of_tensor[root]);
    for (size_t id = 0; id < graph.tensors.size(); ++id) {
      const bool other_storage =
          static_cast<size_t>(
              ir::StorageOf(graph, static_cast<ir::TensorId>(id))) != root;
      if (other_storage && buffers.of_tensor[id] == static_cast<int>(at)) {
        return false;  // an output lies upon it
      }
    }
    for (size_t i = 0; i < plan.offsets.size(); ++i) {
      const bool apart =
          plan.offsets[i] + buffers.requests[i].bytes <= plan.offsets[at] ||
          plan.offsets[at] + buffers.requests[at].bytes <= plan.offsets[i];
      if (i != at && !apart) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace tinyrig::engine::plan
