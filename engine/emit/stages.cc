#include "engine/emit/stages.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "engine/plan/place.h"

namespace tinyrig::engine::emit {
namespace {

constexpr int64_t kNowhere = Place::kNowhere;

class Placer {
 public:
  Placer(int64_t arena_bytes, Lowered* lowered)
      : arena_bytes_(arena_bytes), lowered_(*lowered) {
    lowered_.places.assign(lowered_.graph.ops.size(), {});
    lowered_.plan = {};
    lowered_.requests.clear();
    lowered_.stages.clear();
  }

  void Run(const std::vector<stream::Part>& parts) {
    for (const stream::Part& part : parts) {
      part.streamed ? AddStreamed(part) : AddWhole(part);
    }
    lowered_.plan.planner = "stages";
    lowered_.plan.arena_bytes = arena_bytes_;
    if (parts.size() == 1 && !parts[0].streamed) {
      lowered_.plan.planner = parts[0].plan.planner;
    }
    // Several inputs or outputs are only met in a single whole part.
    if (parts.size() > 1 || parts[0].streamed) {
      lowered_.input_offsets = {first_in_};
      lowered_.output_offsets = {last_out_};
    }
  }

 private:
  // The stage reads its input at `in`; what the last stage wrote is moved.
  void Begin(const stream::Part& part, int64_t in) {
    Stage stage{part.from.op, part.to.op, std::nullopt, std::nullopt, {}};
    if (last_out_ == kNowhere) {
      first_in_ = in;
    } else if (last_out_ != in) {
      stage.move =
          Move{last_out_, in, lowered_.graph.tensor(part.from.storage).bytes()};
    }
    lowered_.stages.push_back(std::move(stage));
  }

  void Note(const std::string& name, int64_t offset, int64_t bytes, int first,
            int last) {
    lowered_.requests.push_back({name, bytes, first, last});
    lowered_.plan.offsets.push_back(offset);
  }

  void AddWhole(const stream::Part& part) {
    const auto offset_of = [&](ir::TensorId id) {
      const int buffer = part.buffers.of_tensor[static_cast<size_t>(id)];
      return buffer == plan::kNoBuffer
                 ? kNowhere
                 : part.plan.offsets[static_cast<size_t>(buffer)];
    };
    const int op_count = static_cast<int>(lowered_.graph.ops.size());
    Begin(part, offset_of(part.from.storage));
    for (int i = part.from.op; i < part.to.op; ++i) {
      const auto at = static_cast<size_t>(i);
      const ir::Op& op = lowered_.graph.ops[at];
      const std::vector<ir::TensorId> inputs = ir::ActivationInputs(op);
      Place& place = lowered_.places[at];
      place.in = offset_of(inputs[0]);
      place.in2 = inputs.size() > 1 ? offset_of(inputs[1]) : kNowhere;
      place.out = offset_of(ir::OutputOf(op));
      const int scratch =
          part.buffers.scratch_of[static_cast<size_t>(i - part.from.op)];
      if (scratch != plan::kNoBuffer) {
        place.scratch = part.plan.offsets[static_cast<size_t>(scratch)];
      }
    }
    const int begin = part.from.op == 0 ? -1 : part.from.op;
    const int end = part.to.op == op_count ? op_count : part.to.op - 1;
    for (size_t i = 0; i < part.buffers.requests.size(); ++i) {
      const plan::BufferRequest& request = part.buffers.requests[i];
      Note(request.name, part.plan.offsets[i], request.bytes,
           std::max(begin, request.first_op + part.from.op),
           std::min(end, request.last_op + part.from.op));
    }
    last_out_ = offset_of(part.to.storage);
    NoteEdges(offset_of);
  }

  template <class OffsetOf>
  void NoteEdges(const OffsetOf& offset_of) {
    const auto all = [&](const std::vector<ir::TensorId>& ids) {
      std::vector<int64_t> offsets;
      for (const ir::TensorId id : ids) {
        offsets.push_back(offset_of(id));
      }
      return offsets;
    };
    lowered_.input_offsets = all(lowered_.graph.inputs);
    lowered_.output_offsets = all(lowered_.graph.outputs);
  }

  // Rings and scratch around the span that begins at `base`; false: no room.
  bool PlaceAround(const stream::Part& part, int64_t base,
                   std::vector<int64_t>* offsets, int64_t* scratch) const {
    const stream::Segment& segment = part.segment;
    std::vector<plan::BufferRequest> requests = {
        {"span", part.needs.span_bytes, 0, 0}};
    std::vector<size_t> order;
    for (size_t t = 1; t + 1 < segment.tensors.size(); ++t) {
      requests.push_back({"ring", stream::KeptBytes(segment.tensors[t]), 0, 0});
      order.push_back(t);
    }
    if (part.needs.scratch_bytes > 0) {
      order.push_back(requests.size());
      requests.push_back({"scratch", part.needs.scratch_bytes, 0, 0});
    }
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return requests[a].bytes > requests[b].bytes;
    });
    std::vector<int64_t> at(requests.size(), 0);
    at[0] = base;
    std::vector<size_t> placed = {0};
    bool fits = base + part.needs.span_bytes <= arena_bytes_;
    for (const size_t i : order) {
      at[i] = plan::LowestGap(requests, i, placed, at);
      placed.push_back(i);
      fits = fits && at[i] + requests[i].bytes <= arena_bytes_;
    }
    offsets->assign(segment.tensors.size(), base);
    (*offsets)[0] = base + part.needs.lead_bytes;
    std::copy(at.begin() + 1,
              at.begin() + static_cast<ptrdiff_t>(segment.tensors.size()) - 1,
              offsets->begin() + 1);
    *scratch = part.needs.scratch_bytes > 0 ? at.back() : kNowhere;
    return fits;
  }

  void AddStreamed(const stream::Part& part) {
    std::vector<int64_t> offsets;
    int64_t scratch = kNowhere;
    // Best where the last stage left its output; at the bottom it always fits.
    const int64_t wanted = last_out_ - part.needs.lead_bytes;
    if (last_out_ == kNowhere || wanted < 0 ||
        !PlaceAround(part, wanted, &offsets, &scratch)) {
      TINYRIG_CHECK(PlaceAround(part, 0, &offsets, &scratch));
    }
    Begin(part, offsets.front());
    Stage& stage = lowered_.stages.back();
    stage.segment = part.segment;
    stage.tensor_offsets = offsets;
    for (int i = part.from.op; i < part.to.op; ++i) {
      const auto at = static_cast<size_t>(i);
      if (lowered_.codes[at].scratch_bytes > 0) {
        TINYRIG_CHECK(lowered_.codes[at].scratch_bytes <=
                      part.needs.scratch_bytes);
        lowered_.places[at].scratch = scratch;
      }
    }
    NoteStreamed(part, offsets, scratch);
    last_out_ = offsets.back();
  }

  void NoteStreamed(const stream::Part& part,
                    const std::vector<int64_t>& offsets, int64_t scratch) {
    const int op_count = static_cast<int>(lowered_.graph.ops.size());
    const int last = part.to.op - 1;
    const stream::Segment& segment = part.segment;
    const auto name_of = [&](size_t t) {
      return lowered_.graph.tensor(segment.tensor_ids[t]).name;
    };
    // Rows of the output lie where rows of the input were.
    Note(absl::StrCat(name_of(0), " > ", name_of(segment.tensors.size() - 1)),
         offsets.back(), part.needs.span_bytes,
         part.from.op == 0 ? -1 : part.from.op,
         part.to.op == op_count ? op_count : last);
    for (size_t t = 1; t + 1 < segment.tensors.size(); ++t) {
      Note(absl::StrCat(segment.tensors[t].capacity, " rows of ", name_of(t)),
           offsets[t], stream::KeptBytes(segment.tensors[t]), part.from.op,
           last);
    }
    if (scratch != kNowhere) {
      Note(absl::StrCat("scratch of layers ", part.from.op, " to ", last),
           scratch, part.needs.scratch_bytes, part.from.op, last);
    }
  }

  int64_t arena_bytes_;
  Lowered& lowered_;
  int64_t first_in_ = kNowhere;
  int64_t last_out_ = kNowhere;
};

}  // namespace

void PlaceStages(const std::vector<stream::Part>& parts, int64_t arena_bytes,
                 Lowered* lowered) {
  Placer(arena_bytes, lowered).Run(parts);
}

bool InputsPreserved(const Lowered& lowered) {
  if (lowered.stages.front().segment) {
    return false;  // its rows become the output's
  }
  for (size_t n = 0; n < lowered.graph.inputs.size(); ++n) {
    const ir::Tensor& input = lowered.graph.tensor(lowered.graph.inputs[n]);
    const int64_t begin = lowered.input_offsets[n];
    const int64_t end = begin + input.bytes();
    const auto apart = [&](int64_t offset, int64_t bytes) {
      return offset + bytes <= begin || end <= offset;
    };
    for (size_t i = 0; i < lowered.requests.size(); ++i) {
      const plan::BufferRequest& request = lowered.requests[i];
      const bool is_input = request.first_op < 0 &&
                            request.name == input.name &&
                            lowered.plan.offsets[i] == begin;
      if (!is_input && !apart(lowered.plan.offsets[i], request.bytes)) {
        return false;
      }
    }
    for (const Stage& stage : lowered.stages) {
      if (stage.move && !apart(stage.move->to, stage.move->bytes)) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace tinyrig::engine::emit
