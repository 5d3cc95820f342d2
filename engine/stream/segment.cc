#include "engine/stream/segment.h"

#include <algorithm>
#include <limits>
#include <set>

#include "engine/ir/visit.h"

namespace tinyrig::engine::stream {
namespace {

constexpr int kMaxRows = std::numeric_limits<int16_t>::max();

bool IsImage(const ir::Graph& graph, ir::TensorId id) {
  const ir::Tensor& tensor = graph.tensor(id);
  return tensor.shape.size() == 4 && tensor.shape[0] == 1 &&
         tensor.shape[1] <= kMaxRows && !tensor.is_constant();
}

RowGeometry OfWindow(const ir::Window& w) {
  return {w.stride_h, (w.filter_h - 1) * w.dilation_h + 1, w.pad_top,
          w.pad_bottom};
}

std::optional<RowGeometry> OfPool(const ir::Window& w) {
  const RowGeometry rows = OfWindow(w);
  return rows.pad_top == 0 && rows.pad_bottom == 0 ? std::optional(rows)
                                                   : std::nullopt;
}

// Rows behind the input that the last output row reads.
int PadBottom(const RowGeometry& rows, int in_rows, int out_rows) {
  const int end = (out_rows - 1) * rows.stride - rows.pad_top + rows.span;
  return std::max(0, end - in_rows);
}

class Describer {
 public:
  Describer(const ir::Graph& graph, const Cut& from, const Cut& to)
      : graph_(graph), from_(from), to_(to) {}

  std::optional<Segment> Run() {
    segment_.first_op = from_.op;
    segment_.end_op = to_.op;
    input_ = Add(from_.storage);
    for (int i = from_.op; i < to_.op; ++i) {
      if (!AddOp(i)) {
        return std::nullopt;
      }
    }
    return Complete() ? std::optional(std::move(segment_)) : std::nullopt;
  }

 private:
  kernels::StreamTensor& tensor(int at) {
    return segment_.tensors[static_cast<size_t>(at)];
  }

  int Add(ir::TensorId id) {
    kernels::StreamTensor tensor{};
    tensor.maker = kernels::kNoIndex;
    std::fill(std::begin(tensor.readers), std::end(tensor.readers),
              kernels::kNoIndex);
    tensor.capacity = kMaxRows;
    SetRows(id, &tensor);
    segment_.tensors.push_back(tensor);
    segment_.tensor_ids.push_back(id);
    return static_cast<int>(segment_.tensors.size()) - 1;
  }

  void SetRows(ir::TensorId id, kernels::StreamTensor* tensor) const {
    const ir::Tensor& t = graph_.tensor(id);
    const int64_t rows = std::max(1, std::min(t.dim(-3), kMaxRows));
    tensor->rows = static_cast<int16_t>(rows);
    tensor->row_bytes = static_cast<int32_t>(t.bytes() / rows);
    tensor->zero = static_cast<int8_t>(t.quant.zero_point());
  }

  // The table's index of what `id` reads; -1: nobody here makes it.
  int Find(ir::TensorId id) {
    if (ir::StorageOf(graph_, id) == from_.storage) {
      // Its readers may see it in another shape, but all in the same.
      if (segment_.tensor_ids[0] != id && has_reader_of_input_) {
        return -1;
      }
      has_reader_of_input_ = true;
      segment_.tensor_ids[0] = id;
      SetRows(id, &tensor(input_));
      return input_;
    }
    const auto at = std::find(segment_.tensor_ids.begin() + 1,
                              segment_.tensor_ids.end(), id);
    return at == segment_.tensor_ids.end()
               ? -1
               : static_cast<int>(at - segment_.tensor_ids.begin());
  }

  bool AddReader(int at, int op) {
    for (int16_t& reader : tensor(at).readers) {
      if (reader == kernels::kNoIndex) {
        reader = static_cast<int16_t>(op);
        return true;
      }
    }
    return false;
  }

  // A ring of rows of the input, for readers that need padding rows.
  int InputRing() {
    if (ring_ < 0) {
      kernels::StreamOp copy{};
      copy.in = static_cast<int16_t>(input_);
      copy.in2 = kernels::kNoIndex;
      copy.stride = copy.span = 1;
      const int op = static_cast<int>(segment_.ops.size());
      ring_ = Add(segment_.tensor_ids[0]);
      copy.out = static_cast<int16_t>(ring_);
      tensor(ring_).maker = static_cast<int16_t>(op);
      segment_.ops.push_back(copy);
      segment_.op_ids.push_back(Segment::kNoCopy);
      if (!AddReader(input_, op)) {
        return -1;
      }
    }
    return ring_;
  }

  bool AddOp(int index) {
    const ir::Op& op = graph_.ops[static_cast<size_t>(index)];
    const std::optional<RowGeometry> rows = RowsOf(graph_, op);
    if (!rows) {
      return false;
    }
    const std::vector<ir::TensorId> inputs = ir::ActivationInputs(op);
    const ir::TensorId output = ir::OutputOf(op);
    if (inputs.size() > 2 || graph_.tensor(output).alias_of >= 0) {
      return false;
    }
    int in = Find(inputs[0]);
    const int in2 = inputs.size() == 2 ? Find(inputs[1]) : kernels::kNoIndex;
    if (in < 0 || (inputs.size() == 2 && (in2 < 0 || in2 == in))) {
      return false;
    }
    const int pad_bottom =
        PadBottom(*rows, tensor(in).rows, graph_.tensor(output).dim(-3));
    if (in == input_ && (rows->pad_top > 0 || pad_bottom > 0)) {
      in = InputRing();
      if (in < 0) {
        return false;
      }
    }
    kernels::StreamTensor& read = tensor(in);
    read.pad_top = std::max(read.pad_top, static_cast<int16_t>(rows->pad_top));
    read.pad_bottom =
        std::max(read.pad_bottom, static_cast<int16_t>(pad_bottom));
    return Append(index, *rows, in, in2, output);
  }

  bool Append(int index, const RowGeometry& rows, int in, int in2,
              ir::TensorId output) {
    const int number = static_cast<int>(segment_.ops.size());
    if (!AddReader(in, number) || (in2 >= 0 && !AddReader(in2, number))) {
      return false;
    }
    kernels::StreamOp op{};
    op.in = static_cast<int16_t>(in);
    op.in2 = static_cast<int16_t>(in2);
    op.stride = static_cast<int16_t>(rows.stride);
    op.span = static_cast<int16_t>(rows.span);
    op.pad_top = static_cast<int16_t>(rows.pad_top);
    op.layer = static_cast<int16_t>(index);
    const int out = Add(output);
    op.out = static_cast<int16_t>(out);
    tensor(out).maker = static_cast<int16_t>(number);
    segment_.ops.push_back(op);
    segment_.op_ids.push_back(index);
    return true;
  }

  // Row copies are told as the layer that reads them; the output is the last
  // table entry and nobody here reads it; every inner tensor has a reader.
  bool Complete() {
    for (size_t i = 0; i < segment_.ops.size(); ++i) {
      kernels::StreamOp& op = segment_.ops[i];
      if (segment_.op_ids[i] == Segment::kNoCopy) {
        op.layer =
            segment_.ops[static_cast<size_t>(tensor(op.out).readers[0])].layer;
      }
    }
    const int last = segment_.output();
    for (int t = 0; t < last; ++t) {
      if (tensor(t).readers[0] == kernels::kNoIndex) {
        return false;
      }
    }
    return ir::StorageOf(graph_, segment_.tensor_ids.back()) == to_.storage &&
           tensor(last).readers[0] == kernels::kNoIndex;
  }

  const ir::Graph& graph_;
  const Cut& from_;
  const Cut& to_;
  Segment segment_;
  int input_ = 0;
  int ring_ = -1;
  bool has_reader_of_input_ = false;
};

}  // namespace

std::optional<RowGeometry> RowsOf(const ir::Graph& graph, const ir::Op& op) {
  for (const ir::TensorId id : ir::ActivationInputs(op)) {
    if (!IsImage(graph, id)) {
      return std::nullopt;
    }
  }
  if (!IsImage(graph, ir::OutputOf(op))) {
    return std::nullopt;
  }
  return std::visit(
      ir::Overloaded{
          [](const ir::Conv2d& conv) {
            return std::optional(OfWindow(conv.window));
          },
          [](const ir::DepthwiseConv2d& conv) {
            return std::optional(OfWindow(conv.window));
          },
          [](const ir::AveragePool2d& pool) { return OfPool(pool.window); },
          [](const ir::MaxPool2d& pool) { return OfPool(pool.window); },
          [&](const ir::Add& add) {
            return graph.tensor(add.input1).shape ==
                           graph.tensor(add.input2).shape
                       ? std::optional(RowGeometry{})
                       : std::nullopt;
          },
          [](const ir::Quantize&) { return std::optional(RowGeometry{}); },
          [](const ir::Dequantize&) { return std::optional(RowGeometry{}); },
          [](const auto&) { return std::optional<RowGeometry>(); }},
      op.body);
}

std::vector<Cut> FindCuts(const ir::Graph& graph) {
  if (graph.inputs.size() != 1 || graph.outputs.size() != 1) {
    return {};
  }
  const int op_count = static_cast<int>(graph.ops.size());
  std::vector<int> last_use(graph.tensors.size(), -1);
  for (int i = 0; i < op_count; ++i) {
    for (const ir::TensorId id :
         ir::ActivationInputs(graph.ops[static_cast<size_t>(i)])) {
      last_use[static_cast<size_t>(ir::StorageOf(graph, id))] = i;
    }
  }
  last_use[static_cast<size_t>(ir::StorageOf(graph, graph.outputs[0]))] =
      op_count;
  std::set<ir::TensorId> live = {ir::StorageOf(graph, graph.inputs[0])};
  std::vector<Cut> cuts;
  for (int b = 0; b <= op_count; ++b) {
    for (auto it = live.begin(); it != live.end();) {
      it = last_use[static_cast<size_t>(*it)] < b ? live.erase(it)
                                                  : std::next(it);
    }
    if (live.size() == 1) {
      cuts.push_back({b, *live.begin()});
    }
    if (b < op_count) {
      live.insert(ir::StorageOf(
          graph, ir::OutputOf(graph.ops[static_cast<size_t>(b)])));
    }
  }
  const bool whole =
      !cuts.empty() && cuts.front().op == 0 && cuts.back().op == op_count;
  return whole ? cuts : std::vector<Cut>();
}

std::optional<Segment> DescribeSegment(const ir::Graph& graph, const Cut& from,
                                       const Cut& to) {
  return Describer(graph, from, to).Run();
}

}  // namespace tinyrig::engine::stream
