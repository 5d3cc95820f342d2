// The quick writer says what protobuf's own converter says.
#include "server/http/json_writer.h"

#include <limits>
#include <random>

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "server/http/json.h"
#include "tinyrig/v1/lab_service.pb.h"
#include "tinyrig/v1/query_service.pb.h"

namespace tinyrig::server {
namespace {

namespace pb = google::protobuf;
using Field = pb::FieldDescriptor;

std::string Theirs(const pb::Message& message) {
  pb::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  EXPECT_TRUE(pb::util::MessageToJsonString(message, &json, options).ok());
  return json;
}

// Without the order of the names.
pb::Struct Parsed(const std::string& json) {
  pb::Struct parsed;
  EXPECT_TRUE(pb::util::JsonStringToMessage(json, &parsed).ok()) << json;
  return parsed;
}

class Filler {
 public:
  void Fill(pb::Message& message, int depth) {
    if (message.GetDescriptor()->full_name() == "google.protobuf.Timestamp") {
      auto& time = dynamic_cast<pb::Timestamp&>(message);
      time.set_seconds(Below(4'000'000'000));
      const int64_t steps[] = {1, 1000, 1'000'000, 1'000'000'000};
      const int64_t step = steps[Below(4)];
      time.set_nanos(static_cast<int32_t>(Below(1'000'000'000) / step * step));
      return;
    }
    const pb::Descriptor& type = *message.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const Field& field = *type.field(i);
      const bool deep = field.cpp_type() == Field::CPPTYPE_MESSAGE;
      if (Below(4) == 0 || (deep && depth == 0)) {
        continue;
      }
      for (int64_t n = field.is_repeated() ? Below(4) : 1; n > 0; --n) {
        Set(message, field, depth);
      }
    }
  }

 private:
  int64_t Below(int64_t end) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(end));
  }
  double Real() {
    const double reals[] = {
        0,           1,        -0.25, 0.1234,
        1e6,         4512.125, 1e17,  1e-7,
        123456789.5, 1.0 / 3,  -0.0,  std::numeric_limits<double>::infinity()};
    return reals[Below(12)];
  }

#define SET(type, value)                                      \
  field.is_repeated() ? of.Add##type(&message, &field, value) \
                      : of.Set##type(&message, &field, value)

  void Set(pb::Message& message, const Field& field, int depth) {
    const pb::Reflection& of = *message.GetReflection();
    switch (field.cpp_type()) {
      case Field::CPPTYPE_INT32:
        return SET(Int32, static_cast<int32_t>(Below(2000) - 1000));
      case Field::CPPTYPE_UINT32:
        return SET(UInt32, static_cast<uint32_t>(Below(4'000'000'000)));
      case Field::CPPTYPE_INT64:
        return SET(Int64, Below(1'000'000'000'000'000'000) - 1000);
      case Field::CPPTYPE_UINT64:
        return SET(UInt64, random_());
      case Field::CPPTYPE_DOUBLE:
        return SET(Double, Real());
      case Field::CPPTYPE_FLOAT:
        return SET(Float, static_cast<float>(Below(4000)) / 8);
      case Field::CPPTYPE_BOOL:
        return SET(Bool, Below(2) == 0);
      case Field::CPPTYPE_ENUM:
        return SET(EnumValue, static_cast<int>(Below(9)));
      case Field::CPPTYPE_STRING:
        return SET(String, Below(2) == 0 ? "a \"b\" \\ /&'" : "");
      case Field::CPPTYPE_MESSAGE:
        return Fill(field.is_repeated() ? *of.AddMessage(&message, &field)
                                        : *of.MutableMessage(&message, &field),
                    depth - 1);
    }
  }
#undef SET

  std::mt19937_64 random_{1};
};

TEST(WriteJson, SaysWhatProtobufSays) {
  Filler filler;
  int written = 0;
  for (const pb::FileDescriptor* file :
       {v1::Job::descriptor()->file(), v1::Run::descriptor()->file(),
        v1::Board::descriptor()->file(), v1::Overview::descriptor()->file(),
        v1::ListRunsResponse::descriptor()->file()}) {
    for (int i = 0; i < file->message_type_count() * 20; ++i) {
      const pb::Descriptor* type = file->message_type(i / 20);
      const pb::Message* prototype =
          pb::MessageFactory::generated_factory()->GetPrototype(type);
      const std::unique_ptr<pb::Message> message(prototype->New());
      filler.Fill(*message, i % 20 / 4);
      std::string json;
      if (WriteJson(*message, json)) {
        ++written;
        ASSERT_TRUE(pb::util::MessageDifferencer::Equals(
            Parsed(json), Parsed(Theirs(*message))))
            << type->full_name() << "\n"
            << json << "\n"
            << Theirs(*message);
      }
    }
  }
  EXPECT_GT(written, 500);
}

TEST(WriteJson, LeavesToProtobufWhatItDoesNotKnow) {
  v1::Board board;
  for (const char* text : {"<b>", "\n", "\x7F", "caf\xC3\xA9"}) {
    board.set_name(text);
    std::string json;
    EXPECT_FALSE(WriteJson(board, json)) << text;
    EXPECT_EQ(ToJson(board).value_or(""), Theirs(board));
  }
}

}  // namespace
}  // namespace tinyrig::server
