// The invariants that the reader promises and every pass keeps.
#include <algorithm>
#include <set>

#include "engine/ir/graph.h"
#include "engine/ir/visit.h"

namespace tinyrig::engine::ir {
namespace {

absl::Status Fail(const Op& op, const std::string& what) {
  return absl::InternalError(absl::StrCat("graph: ", OpLabel(op), ": ", what));
}

bool InRange(const Graph& graph, TensorId id) {
  return id >= 0 && id < static_cast<int>(graph.tensors.size());
}

/// A tensor that an op or the graph refers to: shape and bytes make sense.
absl::Status CheckTensor(const Graph& graph, TensorId id) {
  if (!InRange(graph, id)) {
    return absl::InternalError(absl::StrCat("graph: no tensor t", id));
  }
  const Tensor& tensor = graph.tensor(id);
  int64_t elements = 1;
  for (const int32_t dim : tensor.shape) {
    if (dim < 1 || elements > (int64_t{1} << 40) / dim) {
      return absl::InternalError(absl::StrCat("graph: t", id, ": dim ", dim));
    }
    elements *= dim;
  }
  if (tensor.is_constant() &&
      static_cast<int64_t>(tensor.data.size()) != tensor.bytes()) {
    return absl::InternalError(absl::StrCat("graph: t", id, ": ",
                                            tensor.data.size(), " bytes for ",
                                            tensor.bytes()));
  }
  if (tensor.alias_of >= 0) {
    if (!InRange(graph, tensor.alias_of) || tensor.alias_of == id ||
        graph.tensor(tensor.alias_of).alias_of >= 0 ||
        graph.tensor(tensor.alias_of).bytes() != tensor.bytes()) {
      return absl::InternalError(
          absl::StrCat("graph: t", id, ": bad alias of t", tensor.alias_of));
    }
  }
  return absl::OkStatus();
}

/// Types, constants and shapes of each kind of op.
class OpChecker {
 public:
  OpChecker(const Graph& graph, const Op& op) : graph_(graph), op_(op) {}

  absl::Status operator()(const Conv2d& conv) const {
    RETURN_IF_ERROR(Constants(conv.weights, conv.bias, conv.multipliers,
                              Out(conv).dim(-1)));
    const Shape want = {Out(conv).dim(-1), conv.window.filter_h,
                        conv.window.filter_w, In(conv).dim(-1)};
    if (graph_.tensor(conv.weights).shape != want) {
      return Fail(op_, "weights shape");
    }
    return Windowed(conv);
  }
  absl::Status operator()(const DepthwiseConv2d& conv) const {
    RETURN_IF_ERROR(Constants(conv.weights, conv.bias, conv.multipliers,
                              Out(conv).dim(-1)));
    const Shape want = {1, conv.window.filter_h, conv.window.filter_w,
                        Out(conv).dim(-1)};
    if (graph_.tensor(conv.weights).shape != want ||
        conv.depth_multiplier < 1 ||
        In(conv).dim(-1) * int64_t{conv.depth_multiplier} !=
            Out(conv).dim(-1)) {
      return Fail(op_, "weights shape or depth multiplier");
    }
    return Windowed(conv);
  }
  absl::Status operator()(const FullyConnected& fc) const {
    const Tensor& in = In(fc);
    const Tensor& out = Out(fc);
    RETURN_IF_ERROR(Constants(fc.weights, fc.bias, fc.multipliers,
                              graph_.tensor(fc.weights).dim(0)));
    const Tensor& weights = graph_.tensor(fc.weights);
    if (weights.shape.size() != 2 || in.elements() % weights.dim(1) != 0 ||
        out.elements() != in.elements() / weights.dim(1) * weights.dim(0)) {
      return Fail(op_, "shapes disagree");
    }
    return Int8(fc);
  }
  absl::Status operator()(const AveragePool2d& pool) const {
    return Pooled(pool);
  }
  absl::Status operator()(const MaxPool2d& pool) const { return Pooled(pool); }
  absl::Status operator()(const Mean& mean) const {
    const Tensor& in = In(mean);
    if (in.shape.size() != 4 || in.dim(0) != 1 ||
        Out(mean).elements() != in.dim(-1)) {
      return Fail(op_, "shapes disagree");
    }
    return Int8(mean);
  }
  absl::Status operator()(const Add& add) const {
    const Tensor& out = graph_.tensor(add.output);
    for (const TensorId id : {add.input1, add.input2}) {
      const Tensor& in = graph_.tensor(id);
      if (in.shape != out.shape || in.type != DType::kInt8) {
        return Fail(op_, "shapes or types disagree");
      }
    }
    return out.type == DType::kInt8 ? absl::OkStatus() : Fail(op_, "type");
  }
  absl::Status operator()(const Pad& pad) const {
    const Shape& in = In(pad).shape;
    const Shape& out = Out(pad).shape;
    if (pad.paddings.size() != in.size() || out.size() != in.size()) {
      return Fail(op_, "ranks disagree");
    }
    for (size_t d = 0; d < in.size(); ++d) {
      const auto& [before, after] = pad.paddings[d];
      if (before < 0 || after < 0 ||
          int64_t{in[d]} + before + after != out[d]) {
        return Fail(op_, "paddings disagree with shapes");
      }
    }
    return Int8(pad);
  }
  absl::Status operator()(const Reshape& reshape) const {
    return In(reshape).bytes() == Out(reshape).bytes()
               ? absl::OkStatus()
               : Fail(op_, "sizes disagree");
  }
  absl::Status operator()(const Softmax& softmax) const {
    RETURN_IF_ERROR(SameShape(softmax));
    return Int8(softmax);
  }
  absl::Status operator()(const Quantize& quantize) const {
    return SameShape(quantize);
  }
  absl::Status operator()(const Dequantize& dequantize) const {
    return SameShape(dequantize);
  }

 private:
  template <class Body>
  const Tensor& In(const Body& body) const {
    return graph_.tensor(body.input);
  }
  template <class Body>
  const Tensor& Out(const Body& body) const {
    return graph_.tensor(body.output);
  }
  template <class Body>
  absl::Status Int8(const Body& body) const {
    return In(body).type == DType::kInt8 && Out(body).type == DType::kInt8
               ? absl::OkStatus()
               : Fail(op_, "input or output is not int8");
  }
  template <class Body>
  absl::Status SameShape(const Body& body) const {
    return In(body).shape == Out(body).shape ? absl::OkStatus()
                                             : Fail(op_, "shapes disagree");
  }
  template <class Body>
  absl::Status Pooled(const Body& body) const {
    if (In(body).dim(-1) != Out(body).dim(-1)) {
      return Fail(op_, "channels disagree");
    }
    return Windowed(body);
  }

  absl::Status Constants(TensorId weights, TensorId bias,
                         const std::vector<Multiplier>& multipliers,
                         int32_t channels) const {
    RETURN_IF_ERROR(CheckTensor(graph_, weights));
    const Tensor& w = graph_.tensor(weights);
    if (!w.is_constant() || w.type != DType::kInt8) {
      return Fail(op_, "weights are not constant int8");
    }
    if (static_cast<int64_t>(multipliers.size()) != channels) {
      return Fail(op_, "not one multiplier per channel");
    }
    if (bias == kNoTensor) {
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(CheckTensor(graph_, bias));
    const Tensor& b = graph_.tensor(bias);
    return b.is_constant() && b.type == DType::kInt32 &&
                   b.elements() == channels
               ? absl::OkStatus()
               : Fail(op_, "bias is not one constant int32 per channel");
  }

  static bool Fits(int64_t in, int64_t out, int64_t filter, int64_t stride,
                   int64_t dilation, int64_t pad) {
    if (filter < 1 || stride < 1 || dilation < 1 || pad < 0) {
      return false;
    }
    const int64_t span = in + pad - ((filter - 1) * dilation + 1);
    return span >= 0 && span / stride + 1 == out;
  }

  template <class Body>
  absl::Status Windowed(const Body& body) const {
    const Tensor& in = In(body);
    const Tensor& out = Out(body);
    const Window& w = body.window;
    if (in.shape.size() != 4 || out.shape.size() != 4 || in.dim(0) != 1 ||
        out.dim(0) != 1) {
      return Fail(op_, "not [1,height,width,channels]");
    }
    if (std::min({w.pad_top, w.pad_bottom, w.pad_left, w.pad_right}) < 0 ||
        !Fits(in.dim(1), out.dim(1), w.filter_h, w.stride_h, w.dilation_h,
              int64_t{w.pad_top} + w.pad_bottom) ||
        !Fits(in.dim(2), out.dim(2), w.filter_w, w.stride_w, w.dilation_w,
              int64_t{w.pad_left} + w.pad_right)) {
      return Fail(op_, "window and shapes disagree");
    }
    return body.clamp.min <= body.clamp.max ? Int8(body)
                                            : Fail(op_, "clamp is empty");
  }

  const Graph& graph_;
  const Op& op_;
};

}  // namespace

absl::Status VerifyGraph(const Graph& graph) {
  std::set<TensorId> made;  // storages
  for (const TensorId id : graph.inputs) {
    RETURN_IF_ERROR(CheckTensor(graph, id));
    if (graph.tensor(id).alias_of >= 0 || !made.insert(id).second) {
      return absl::InternalError(absl::StrCat("graph: input t", id, " twice"));
    }
  }
  for (const Op& op : graph.ops) {
    for (const TensorId id : ActivationInputs(op)) {
      RETURN_IF_ERROR(CheckTensor(graph, id));
      if (!made.count(StorageOf(graph, id))) {
        return Fail(op, absl::StrCat("t", id, " is used before it is made"));
      }
    }
    const TensorId out = OutputOf(op);
    RETURN_IF_ERROR(CheckTensor(graph, out));
    if (graph.tensor(out).is_constant() || graph.tensor(out).alias_of >= 0 ||
        !made.insert(out).second) {
      return Fail(op, absl::StrCat("t", out, " is made twice"));
    }
    RETURN_IF_ERROR(std::visit(OpChecker(graph, op), op.body));
  }
  for (const TensorId id : graph.outputs) {
    RETURN_IF_ERROR(CheckTensor(graph, id));
    if (!made.count(StorageOf(graph, id))) {
      return absl::InternalError(
          absl::StrCat("graph: output t", id, " is never made"));
    }
  }
  return absl::OkStatus();
}

}  // namespace tinyrig::engine::ir
