#include "engine/stream/measure.h"

#include <algorithm>
#include <vector>

#include "engine/plan/place.h"

namespace tinyrig::engine::stream {
namespace {

// Memory without bounds that remembers how many rows were kept at once.
class Recorder {
 public:
  Recorder(size_t tensors, const kernels::StreamState* state)
      : peaks_(tensors, 1), state_(*state) {}

  void Zero(int /*tensor*/, int /*kept_row*/) {}
  void Drop(int /*tensor*/, int /*rows*/, int /*kept*/) {}
  bool Full(int tensor, int lowest) {
    int& peak = peaks_[static_cast<size_t>(tensor)];
    peak = std::max(peak, state_.made[tensor] - lowest + 1);
    return false;
  }
  [[nodiscard]] int peak(size_t tensor) const { return peaks_[tensor]; }

 private:
  std::vector<int> peaks_;
  const kernels::StreamState& state_;
};

int64_t FilterWords(const ir::Graph& graph, const ir::Conv2d& conv) {
  const int64_t row =
      int64_t{conv.window.filter_w} * graph.tensor(conv.input).dim(-1);
  return conv.window.filter_h * ((row + 3) / 4);
}

// Per row: a pair of channels' weights are widened (about 5 instructions a
// word), and the loops are entered anew.
int64_t ExtraOfRow(const ir::Graph& graph, const ir::Op& op) {
  if (const auto* conv = std::get_if<ir::Conv2d>(&op.body)) {
    const int64_t channels = graph.tensor(conv->output).dim(-1);
    return channels * (FilterWords(graph, *conv) * 5 + 10);
  }
  if (const auto* conv = std::get_if<ir::DepthwiseConv2d>(&op.body)) {
    const int64_t taps = int64_t{conv->window.filter_h} * conv->window.filter_w;
    return graph.tensor(conv->output).dim(-1) / 4 * (taps * 5 + 20);
  }
  return 20;
}

int64_t ExtraInstructions(const ir::Graph& graph, const Segment& segment) {
  constexpr int64_t kWalkPerRow = 150;
  int64_t extra = 0;
  for (size_t i = 0; i < segment.ops.size(); ++i) {
    const kernels::StreamOp& op = segment.ops[i];
    const kernels::StreamTensor& out =
        segment.tensors[static_cast<size_t>(op.out)];
    const int id = segment.op_ids[i];
    const int64_t row =
        id == Segment::kNoCopy
            ? out.row_bytes
            : ExtraOfRow(graph, graph.ops[static_cast<size_t>(id)]);
    const bool inner = op.out != segment.output();
    const int64_t moved =
        inner ? int64_t{out.capacity - 1} * out.row_bytes * 9 / 16 : 0;
    extra += int64_t{out.rows} * (row + moved + kWalkPerRow);
  }
  return extra;
}

}  // namespace

int64_t RowScratchBytes(const ir::Graph& graph, const ir::Op& op) {
  const auto* conv = std::get_if<ir::Conv2d>(&op.body);
  // A gathered border patch, and a pair's weights as half words.
  return conv == nullptr ? 0 : FilterWords(graph, *conv) * (4 + 16);
}

int64_t KeptBytes(const kernels::StreamTensor& tensor) {
  return int64_t{tensor.capacity} * tensor.row_bytes;
}

Needs Measure(const ir::Graph& graph, Segment* segment) {
  const size_t tensor_count = segment->tensors.size();
  const size_t op_count = segment->ops.size();
  std::vector<int16_t> first(tensor_count), made(tensor_count), next(op_count),
      asked(op_count + 1);
  kernels::StreamState state{first.data(), made.data(), next.data(),
                             asked.data(), 0};
  Recorder recorder(tensor_count, &state);
  kernels::StreamWalk<Recorder> walk(
      segment->tensors.data(), static_cast<int>(tensor_count),
      segment->ops.data(), static_cast<int>(op_count), &state, &recorder);
  const int last = static_cast<int>(op_count) - 1;
  const kernels::StreamTensor& in = segment->tensors.front();
  kernels::StreamTensor& out = segment->tensors.back();
  Needs needs;
  for (int op = walk.Next(); op >= 0; op = walk.Next()) {
    const int unread = walk.Lowest(0);
    if (op == last && unread < in.rows) {
      const int64_t written =
          int64_t{next[static_cast<size_t>(op)] + 1} * out.row_bytes;
      needs.lead_bytes =
          std::max(needs.lead_bytes, written - int64_t{unread} * in.row_bytes);
    }
    walk.Done(op);
  }
  needs.lead_bytes = plan::AlignUp(needs.lead_bytes);
  const int64_t in_bytes = int64_t{in.rows} * in.row_bytes;
  const int64_t out_bytes = int64_t{out.rows} * out.row_bytes;
  needs.span_bytes =
      plan::AlignUp(std::max(needs.lead_bytes + in_bytes, out_bytes));
  segment->tensors.front().capacity = in.rows;
  out.capacity = out.rows;
  for (size_t t = 1; t + 1 < tensor_count; ++t) {
    kernels::StreamTensor& tensor = segment->tensors[t];
    tensor.capacity = static_cast<int16_t>(recorder.peak(t));
    needs.rings_bytes += plan::AlignUp(KeptBytes(tensor));
  }
  for (const int id : segment->op_ids) {
    if (id != Segment::kNoCopy) {
      needs.scratch_bytes = std::max(
          needs.scratch_bytes, plan::AlignUp(RowScratchBytes(
                                   graph, graph.ops[static_cast<size_t>(id)])));
    }
  }
  needs.extra_instructions = ExtraInstructions(graph, *segment);
  return needs;
}

}  // namespace tinyrig::engine::stream
