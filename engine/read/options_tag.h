// The union member that holds each options table. flatc makes no such mapping
// for a union in which one table (Opaque) stands at several places.
#pragma once

#include "engine/read/tflite_generated.h"

namespace tinyrig::engine::read {

template <class Options>
inline constexpr fb::Options kOptionsTag = fb::Options::NONE;
template <>
inline constexpr fb::Options kOptionsTag<fb::Conv2DOptions> =
    fb::Options::Conv2DOptions;
template <>
inline constexpr fb::Options kOptionsTag<fb::DepthwiseConv2DOptions> =
    fb::Options::DepthwiseConv2DOptions;
template <>
inline constexpr fb::Options kOptionsTag<fb::Pool2DOptions> =
    fb::Options::Pool2DOptions;
template <>
inline constexpr fb::Options kOptionsTag<fb::FullyConnectedOptions> =
    fb::Options::FullyConnectedOptions;
template <>
inline constexpr fb::Options kOptionsTag<fb::SoftmaxOptions> =
    fb::Options::SoftmaxOptions;
template <>
inline constexpr fb::Options kOptionsTag<fb::AddOptions> =
    fb::Options::AddOptions;
template <>
inline constexpr fb::Options kOptionsTag<fb::ReducerOptions> =
    fb::Options::ReducerOptions;

}  // namespace tinyrig::engine::read
