#include "firmware/command.h"

#include <vector>

#include "gtest/gtest.h"

#include "firmware/testing/fake_hal.h"
#include "firmware/testing/fake_model.h"
#include "proto/wire/host_message.h"

namespace tinyrig::firmware {
namespace {

using testing::Fake;
using testing::FakeModel;
using wire::Payload;
using wire::Status;
using wire::Type;

const Payload kInput = {1, 2, 3, 4, 5, 6, 7, 8};

class CommandTest : public ::testing::Test {
 protected:
  void SetUp() override { testing::ResetFake(); }

  Payload Ask(Type type, const Payload& payload = {}) {
    Payload reply(wire::kMaxPayloadBytes, 0xEE);
    reply.resize(
        commands_.Execute(type, payload.data(), payload.size(), reply.data()));
    EXPECT_GE(reply.size(), 1u);
    return reply;
  }
  Status StatusOf(Type type, const Payload& payload = {}) {
    const Payload reply = Ask(type, payload);
    if (reply[0] != 0) {
      EXPECT_EQ(reply.size(), 1u) << "a refusal carries nothing else";
    }
    return static_cast<Status>(reply[0]);
  }
  Status SetInput(uint32_t offset, const Payload& bytes) {
    return StatusOf(Type::kSetInput,
                    wire::SetInputPayload(offset, bytes.data(), bytes.size()));
  }
  static wire::RunRequest Request(uint16_t warmups = 0, uint16_t runs = 1,
                                  uint8_t flags = 0) {
    return {warmups, runs, flags, {}, wire::Crc32(kInput.data(), 8)};
  }
  Status Run(const wire::RunRequest& request) {
    return StatusOf(Type::kRun, wire::RunPayload(request));
  }

  TinyrigModel model_ = FakeModel();
  Commands commands_{model_};
};

TEST_F(CommandTest, HelloTellsWhoAndWhat) {
  Fake().facts = {{'V', 'I', 'R', 'T', 1}, 42, 6, 0x449, 0x410FC270};
  Fake().header.hash[31] = 9;
  Fake().fault_pending = true;
  commands_.Calibrate();
  const Payload reply = Ask(Type::kHello);
  ASSERT_EQ(reply.size(), 1 + sizeof(wire::HelloReply));
  const auto hello =
      *wire::ReadStruct<wire::HelloReply>(reply.data() + 1, reply.size() - 1);
  EXPECT_EQ(hello.uid[4], 1);
  EXPECT_EQ(hello.image_hash[31], 9);
  EXPECT_EQ(hello.boot_id, 42u);
  EXPECT_EQ(hello.core_clock_hz, 216'000'000u);
  EXPECT_EQ(hello.input_bytes, 8u);
  EXPECT_EQ(hello.output_bytes, 8u);
  EXPECT_EQ(hello.layer_count, 2);
  EXPECT_EQ(hello.run_overhead_cycles, 7u);
  EXPECT_EQ(hello.fault_pending, 1);
  EXPECT_EQ(StatusOf(Type::kHello, {1}), Status::kBadLength);
}

TEST_F(CommandTest, InputMayComeInChunksOverTensorBorders) {
  EXPECT_EQ(SetInput(0, {1, 2}), Status::kOk);
  EXPECT_EQ(SetInput(2, {3, 4, 5}), Status::kOk);
  EXPECT_EQ(Run(Request()), Status::kBadState);
  EXPECT_EQ(SetInput(5, {6, 7, 8}), Status::kOk);
  EXPECT_EQ(Run(Request()), Status::kOk);
  EXPECT_EQ(Ask(Type::kGetOutput, wire::GetOutputPayload(0, 8)),
            (Payload{0, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(Ask(Type::kGetOutput, wire::GetOutputPayload(3, 3)),
            (Payload{0, 5, 6, 7}));
}

TEST_F(CommandTest, InputWithAGapIsRefused) {
  EXPECT_EQ(SetInput(1, {2}), Status::kBadArgument);
  EXPECT_EQ(SetInput(0, {1, 2, 3}), Status::kOk);
  EXPECT_EQ(SetInput(4, {5}), Status::kBadArgument);
  EXPECT_EQ(SetInput(1, {7, 7}), Status::kOk) << "rewriting is allowed";
}

TEST_F(CommandTest, InputOutsideIsRefused) {
  EXPECT_EQ(SetInput(0, Payload(9, 1)), Status::kBadArgument);
  SetInput(0, kInput);
  EXPECT_EQ(SetInput(8, {1}), Status::kBadArgument);
  EXPECT_EQ(SetInput(0xFFFFFFFF, {1}), Status::kBadArgument);
  EXPECT_EQ(StatusOf(Type::kSetInput, {0, 0, 0, 0}), Status::kBadLength);
}

TEST_F(CommandTest, RunWithAnotherInputThanNamedIsRefused) {
  SetInput(0, kInput);
  SetInput(3, {99});
  const int before = testing::FakeInvocations();
  EXPECT_EQ(Run(Request()), Status::kInputCrc);
  EXPECT_EQ(testing::FakeInvocations(), before);
}

TEST_F(CommandTest, RunCountsWarmupsButDoesNotRecordThem) {
  SetInput(0, kInput);
  const int before = testing::FakeInvocations();
  const Payload reply = Ask(Type::kRun, wire::RunPayload(Request(3, 5)));
  const auto run =
      *wire::ReadStruct<wire::RunReply>(reply.data() + 1, reply.size() - 1);
  EXPECT_EQ(run.runs, 5);
  const Payload output = {2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(run.output_crc32, wire::Crc32(output.data(), 8));
  EXPECT_EQ(testing::FakeInvocations() - before, 8);
  EXPECT_GE(Fake().fed, 8) << "the watchdog is fed before every inference";
  EXPECT_EQ(Fake().cold_starts, 1);
  EXPECT_FALSE(Fake().masked);
  EXPECT_FALSE(Fake().busy);
  const Payload samples = Ask(Type::kGetSamples, wire::RangePayload(0, 5));
  const auto records =
      *wire::ReadArray<wire::SampleRecord>(samples.data() + 1, 60);
  for (const auto& record : records) {
    EXPECT_EQ(record.cycles, 350u + 7u);
    EXPECT_EQ(record.instructions_low, 20u);
    EXPECT_EQ(record.instructions_high, 0u);
  }
  EXPECT_EQ(StatusOf(Type::kGetSamples, wire::RangePayload(4, 2)),
            Status::kBadArgument);
}

TEST_F(CommandTest, RunArgumentsOutOfRangeAreRefused) {
  SetInput(0, kInput);
  EXPECT_EQ(Run(Request(0, 0)), Status::kBadArgument);
  EXPECT_EQ(Run(Request(0, 65)), Status::kBadArgument);
  EXPECT_EQ(Run(Request(65, 1)), Status::kBadArgument);
  EXPECT_EQ(Run(Request(0, 1, 2)), Status::kBadArgument);
  EXPECT_EQ(Run(Request(0, 2, wire::kRunProfile)), Status::kBadArgument);
  wire::RunRequest reserved = Request();
  reserved.reserved[1] = 1;
  EXPECT_EQ(Run(reserved), Status::kBadArgument);
  EXPECT_EQ(StatusOf(Type::kRun, {1, 2}), Status::kBadLength);
  EXPECT_EQ(Run(Request(64, 64)), Status::kOk);
}

TEST_F(CommandTest, ClobberedInputMustBeSetAgain) {
  model_ = FakeModel(false);
  SetInput(0, kInput);
  EXPECT_EQ(Run(Request(1, 1)), Status::kBadState);
  EXPECT_EQ(Run(Request(0, 2)), Status::kBadState);
  EXPECT_EQ(Run(Request()), Status::kOk);
  EXPECT_EQ(Run(Request()), Status::kBadState);
  SetInput(0, kInput);
  EXPECT_EQ(Run(Request()), Status::kOk);
}

TEST_F(CommandTest, NewInputForgetsTheOutput) {
  SetInput(0, kInput);
  EXPECT_EQ(StatusOf(Type::kGetOutput, wire::GetOutputPayload(0, 1)),
            Status::kBadState);
  Run(Request());
  EXPECT_EQ(StatusOf(Type::kGetOutput, wire::GetOutputPayload(0, 1)),
            Status::kOk);
  SetInput(0, {1});
  EXPECT_EQ(StatusOf(Type::kGetOutput, wire::GetOutputPayload(0, 1)),
            Status::kBadState);
}

TEST_F(CommandTest, OutputOutsideIsRefused) {
  SetInput(0, kInput);
  Run(Request());
  for (const Payload& payload :
       {wire::GetOutputPayload(0, 0), wire::GetOutputPayload(0, 9),
        wire::GetOutputPayload(8, 1), wire::GetOutputPayload(0xFFFFFFFF, 2)}) {
    EXPECT_EQ(StatusOf(Type::kGetOutput, payload), Status::kBadArgument);
  }
}

TEST_F(CommandTest, ProfileTimesEachLayer) {
  SetInput(0, kInput);
  EXPECT_EQ(StatusOf(Type::kGetLayers, wire::RangePayload(0, 1)),
            Status::kBadState);
  const Payload reply =
      Ask(Type::kRun, wire::RunPayload(Request(2, 1, wire::kRunProfile)));
  EXPECT_EQ(reply[1], 0) << "a profile records no sample of the whole";
  const Payload layers = Ask(Type::kGetLayers, wire::RangePayload(0, 2));
  EXPECT_EQ(*wire::ReadArray<uint32_t>(layers.data() + 1, 8),
            (std::vector<uint32_t>{114, 257}));
  EXPECT_EQ(Fake().running_layer, hal::kNoLayer);
  EXPECT_EQ(StatusOf(Type::kGetSamples, wire::RangePayload(0, 1)),
            Status::kBadState);
  EXPECT_EQ(StatusOf(Type::kGetLayers, wire::RangePayload(1, 2)),
            Status::kBadArgument);
}

TEST_F(CommandTest, StackOverflowIsNeverAResult) {
  SetInput(0, kInput);
  Fake().stack_intact = false;
  EXPECT_THROW(Run(Request()), std::runtime_error);
  EXPECT_EQ(Fake().failures, 1);
}

TEST_F(CommandTest, ForeignModelAbiIsRefused) {
  model_.abi_version = 3;
  EXPECT_EQ(SetInput(0, kInput), Status::kModelFailed);
  EXPECT_EQ(Run(Request()), Status::kModelFailed);
  EXPECT_EQ(StatusOf(Type::kHello), Status::kOk);
}

TEST_F(CommandTest, FaultIsReadAndCleared) {
  const Payload none = Ask(Type::kGetFault, wire::GetFaultPayload(false));
  EXPECT_EQ(none[1], 0);
  Fake().fault_pending = true;
  Fake().fault.kind = 4;
  Fake().fault.pc = 0x08001234;
  EXPECT_EQ(Ask(Type::kGetFault, wire::GetFaultPayload(false))[1], 4);
  const Payload reply = Ask(Type::kGetFault, wire::GetFaultPayload(true));
  const auto record =
      *wire::ReadStruct<wire::FaultRecord>(reply.data() + 1, reply.size() - 1);
  EXPECT_EQ(record.pc, 0x08001234u);
  EXPECT_FALSE(Fake().fault_pending);
  EXPECT_EQ(StatusOf(Type::kGetFault, {2}), Status::kBadArgument);
  EXPECT_EQ(StatusOf(Type::kGetFault), Status::kBadLength);
}

TEST_F(CommandTest, MemoryAndUnknownCommands) {
  const Payload reply = Ask(Type::kGetMemory);
  const auto memory =
      *wire::ReadStruct<wire::MemoryReply>(reply.data() + 1, reply.size() - 1);
  EXPECT_EQ(memory.stack_peak_bytes, 320u);
  EXPECT_EQ(memory.arena_bytes, 16u);
  EXPECT_EQ(StatusOf(static_cast<Type>(0x33)), Status::kUnknownCommand);
  EXPECT_EQ(StatusOf(Type::kBootEvent), Status::kUnknownCommand);
}

}  // namespace
}  // namespace tinyrig::firmware
