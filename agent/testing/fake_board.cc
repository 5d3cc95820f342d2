#include "agent/testing/fake_board.h"

#include <cstring>
#include <poll.h>
#include <utility>

#include "agent/port/termios_port.h"
#include "base/check.h"
#include <sys/eventfd.h>
#include <sys/socket.h>

namespace tinyrig::agent::testing {
namespace {

constexpr uint8_t kAck = 0x79, kNack = 0x1F;

std::pair<base::UniqueFd, base::UniqueFd> SocketPair() {
  int ends[2];
  TINYRIG_CHECK(::socketpair(AF_UNIX,
                             SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                             ends) == 0);
  return {base::UniqueFd(ends[0]), base::UniqueFd(ends[1])};
}

template <typename T>
void Append(wire::Payload* out, const T& value) {
  const size_t at = out->size();
  out->resize(at + sizeof value);
  std::memcpy(out->data() + at, &value, sizeof value);
}

}  // namespace

class FakeLines : public BoardLines {
 public:
  explicit FakeLines(FakeBoard* board) : board_(board) {}
  absl::Status SetBoot0(bool high) override {
    const std::lock_guard<std::mutex> lock(board_->mutex_);
    board_->boot0_ = high;
    return absl::OkStatus();
  }
  absl::Status Reset() override {
    const std::lock_guard<std::mutex> lock(board_->mutex_);
    board_->Reset();
    return absl::OkStatus();
  }

 private:
  FakeBoard* board_;
};

FakeBoard::FakeBoard(const boards::Board* board, FakeBoardOptions options)
    : board_(board), options_(options), random_(options.seed) {
  std::tie(console_, console_host_) = SocketPair();
  std::tie(loader_, loader_host_) = SocketPair();
  wake_.Reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  Boot();
  thread_ = std::thread([this] { Loop(); });
}

FakeBoard::~FakeBoard() {
  stop_ = true;
  const uint64_t one = 1;
  TINYRIG_CHECK(::write(wake_.get(), &one, sizeof one) == sizeof one);
  thread_.join();
}

std::unique_ptr<SerialPort> FakeBoard::TakeConsole() {
  return PortOverFd(std::move(console_host_));
}
std::unique_ptr<SerialPort> FakeBoard::TakeLoader() {
  return PortOverFd(std::move(loader_host_));
}
std::unique_ptr<BoardLines> FakeBoard::MakeLines() {
  return std::make_unique<FakeLines>(this);
}

std::vector<uint8_t> FakeBoard::Flash(uint32_t address, size_t size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<uint8_t> bytes(size, 0xFF);
  for (size_t i = 0; i < size; ++i) {
    const auto at = flash_.find(static_cast<uint32_t>(address + i));
    bytes[i] = at == flash_.end() ? 0xFF : at->second;
  }
  return bytes;
}

std::vector<uint8_t> FakeBoard::OutputOf(const std::vector<uint8_t>& input,
                                         uint32_t output_bytes) {
  std::vector<uint8_t> output(output_bytes);
  for (uint32_t i = 0; i < output_bytes; ++i) {
    output[i] = static_cast<uint8_t>(~input[i % input.size()]);
  }
  return output;
}

void FakeBoard::Loop() {
  while (!stop_) {
    pollfd waits[] = {{console_.get(), POLLIN, 0},
                      {loader_.get(), POLLIN, 0},
                      {wake_.get(), POLLIN, 0}};
    ::poll(waits, 3, -1);
    for (const int i : {0, 1}) {
      uint8_t chunk[512];
      const ssize_t n = ::read(waits[i].fd, chunk, sizeof chunk);
      if (n == 0) {
        return;  // the test has closed its end
      }
      const std::lock_guard<std::mutex> lock(mutex_);
      for (ssize_t k = 0; k < n; ++k) {
        i == 0 ? OnConsole(Noisy(chunk[k])) : OnLoader(Noisy(chunk[k]));
      }
    }
  }
}

uint8_t FakeBoard::Noisy(uint8_t byte) {
  if (options_.noise > 0 &&
      std::uniform_real_distribution<>(0, 1)(random_) < options_.noise) {
    byte ^= static_cast<uint8_t>(1 + random_() % 255);
  }
  return byte;
}

void FakeBoard::Send(int fd, std::vector<uint8_t> bytes) {
  for (uint8_t& byte : bytes) {
    byte = Noisy(byte);
  }
  ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void FakeBoard::Reset() {
  ++resets_;
  Boot();
}

void FakeBoard::Boot() {
  in_loader_ = boot0_;
  hung_ = false;
  synced_ = false;
  command_.clear();
  decoder_.Reset();
  input_.assign(options_.input_bytes, 0);
  input_set_ = 0;
  output_.clear();
  recorded_ = 0;
  last_key_ = -1;
  ++boot_id_;
  if (!in_loader_) {
    wire::Payload event;
    Append(&event, wire::BootEvent{boot_id_, wire::kResetPin});
    Send(console_.get(), wire::EncodeRequest(wire::Type::kBootEvent, 0, event));
  }
}

void FakeBoard::OnConsole(uint8_t byte) {
  wire::Frame frame;
  if (!in_loader_ && !hung_ && decoder_.Push(byte, &frame)) {
    Answer(frame);
  }
}

void FakeBoard::Answer(const wire::Frame& frame) {
  const int key = frame.sequence << 8 | frame.type;
  if (key == last_key_) {
    return Send(console_.get(), last_reply_);
  }
  const uint32_t boot = boot_id_;
  const wire::Payload payload = Execute(frame);
  if (hung_ || boot != boot_id_) {
    return;
  }
  last_key_ = key;
  last_reply_ =
      wire::EncodeRequest(static_cast<wire::Type>(frame.type | wire::kReplyBit),
                          frame.sequence, payload);
  Send(console_.get(), last_reply_);
}

wire::Payload FakeBoard::HelloPayload() {
  wire::HelloReply hello{};
  std::memcpy(hello.uid, "FAKE12345678", sizeof hello.uid);
  std::strncpy(hello.board_id, board_->id.c_str(), sizeof hello.board_id - 1);
  std::strncpy(hello.firmware_version, "fake",
               sizeof hello.firmware_version - 1);
  hello.boot_id = boot_id_;
  hello.core_clock_hz = board_->clock_hz;
  hello.input_bytes = options_.input_bytes;
  hello.output_bytes = options_.output_bytes;
  hello.layer_count = options_.layer_count;
  hello.model_flags = options_.input_preserved ? 1 : 0;
  hello.fault_pending = fault_pending_ ? 1 : 0;
  wire::Payload payload{0};
  Append(&payload, hello);
  return payload;
}

wire::Payload FakeBoard::Execute(const wire::Frame& frame) {
  const uint8_t* p = frame.payload;
  const auto first16 = [&](size_t at) {
    return static_cast<uint16_t>(p[at] | p[at + 1] << 8);
  };
  const auto status = [](wire::Status s) {
    return wire::Payload{static_cast<uint8_t>(s)};
  };
  wire::Payload ok{0};
  switch (static_cast<wire::Type>(frame.type)) {
    case wire::Type::kHello:
      return HelloPayload();
    case wire::Type::kSetInput: {
      uint32_t offset = 0;
      std::memcpy(&offset, p, 4);
      const size_t size = frame.payload_bytes - 4;
      if (offset + size > input_.size()) {
        return status(wire::Status::kBadArgument);
      }
      input_set_ = offset == 0 ? 0 : input_set_;
      std::memcpy(&input_[offset], p + 4, size);
      if (offset <= input_set_) {
        input_set_ = std::max(input_set_, offset + size);
      }
      return ok;
    }
    case wire::Type::kRun:
      return ExecuteRun(frame);
    case wire::Type::kGetOutput: {
      uint32_t offset = 0;
      std::memcpy(&offset, p, 4);
      if (output_.empty() || offset + first16(4) > output_.size()) {
        return status(wire::Status::kBadState);
      }
      ok.insert(ok.end(), output_.begin() + offset,
                output_.begin() + offset + first16(4));
      return ok;
    }
    case wire::Type::kGetSamples:
      if (first16(2) > recorded_) {
        return status(wire::Status::kBadState);
      }
      for (int i = 0; i < first16(2); ++i) {
        Append(&ok, wire::SampleRecord{static_cast<uint32_t>(1000 + i), 7, 0});
      }
      return ok;
    case wire::Type::kGetLayers:
      for (int i = 0; i < first16(2); ++i) {
        Append(&ok, static_cast<uint32_t>(10 * (first16(0) + i)));
      }
      return ok;
    case wire::Type::kGetMemory:
      Append(&ok, wire::MemoryReply{8192, 512, 300, 2048});
      return ok;
    case wire::Type::kGetFault: {
      wire::FaultRecord fault{};
      fault.kind = fault_pending_ ? 3 : 0;
      Append(&ok, fault);
      fault_pending_ = fault_pending_ && p[0] == 0;
      return ok;
    }
    default:
      return status(wire::Status::kUnknownCommand);
  }
}

wire::Payload FakeBoard::ExecuteRun(const wire::Frame& frame) {
  const auto request =
      wire::ReadStruct<wire::RunRequest>(frame.payload, frame.payload_bytes);
  if (!request) {
    return {static_cast<uint8_t>(wire::Status::kBadLength)};
  }
  if (input_set_ < input_.size()) {
    return {static_cast<uint8_t>(wire::Status::kBadState)};
  }
  if (wire::Crc32(input_.data(), input_.size()) != request->input_crc32) {
    return {static_cast<uint8_t>(wire::Status::kInputCrc)};
  }
  const int run = ++runs_;
  if (run == options_.hang_at_run) {
    hung_ = true;
    return {};
  }
  if (run == options_.fault_at_run) {
    wire::FaultRecord fault{};
    fault.kind = 3;
    fault.layer = 1;
    fault.cfsr = 1U << 9 | 1U << 15;
    fault.bfar = 0x60000000;
    fault.pc = 0x08001234;
    wire::Payload event;
    Append(&event, fault);
    Send(console_.get(),
         wire::EncodeRequest(wire::Type::kFaultEvent, 0, event));
    fault_pending_ = true;
    Reset();
    return {};
  }
  if (run == options_.silent_reset_at_run) {
    const bool boot0 = std::exchange(boot0_, true);  // says no boot event
    Reset();
    boot0_ = boot0;
    in_loader_ = false;
    return {};
  }
  output_ = OutputOf(input_, options_.output_bytes);
  recorded_ = request->runs;
  if (!options_.input_preserved) {
    input_set_ = 0;
  }
  wire::Payload ok{0};
  Append(&ok, wire::RunReply{request->runs, 0,
                             wire::Crc32(output_.data(), output_.size())});
  return ok;
}

void FakeBoard::OnLoader(uint8_t byte) {
  if (!in_loader_ || options_.loader_dead) {
    return;
  }
  if (!synced_) {
    if (byte == 0x7F) {
      synced_ = true;
      Send(loader_.get(), {kAck});
    }
    return;
  }
  command_.push_back(byte);
  RunLoaderCommand();
}

// Called with every byte; acts when the bytes so far ask for an answer.
void FakeBoard::RunLoaderCommand() {
  const auto& c = command_;
  const auto answer = [&](std::vector<uint8_t> bytes, bool end) {
    if (end) {
      command_.clear();
    }
    Send(loader_.get(), std::move(bytes));
  };
  const auto checksum_fails = [&](size_t from, size_t count) {
    uint8_t sum = 0;
    for (size_t i = from; i < from + count; ++i) {
      sum ^= c[i];
    }
    return sum != c[from + count];
  };
  if (c.size() == 2) {
    const bool known = c[0] == 0x00 || c[0] == 0x02 || c[0] == 0x11 ||
                       c[0] == 0x31 || c[0] == 0x44;
    if (!known || (c[0] ^ c[1]) != 0xFF) {
      return answer({kNack}, true);
    }
    if (c[0] == 0x00) {
      return answer({kAck, 5, 0x31, 0x00, 0x02, 0x11, 0x31, 0x44, kAck}, true);
    }
    if (c[0] == 0x02) {
      return answer(
          {kAck, 1, static_cast<uint8_t>(board_->bootloader.product_id >> 8),
           static_cast<uint8_t>(board_->bootloader.product_id), kAck},
          true);
    }
    return answer({kAck}, false);
  }
  if (c.size() < 2) {
    return;
  }
  if (c[0] == 0x44) {
    const size_t count = c.size() < 4 ? 0 : size_t{c[2]} * 256 + c[3] + 1;
    if (count == 0 || c.size() < 5 + 2 * count) {
      return;
    }
    if (checksum_fails(2, 2 + 2 * count)) {
      return answer({kNack}, true);
    }
    for (size_t i = 0; i < count; ++i) {
      const size_t sector = size_t{c[4 + 2 * i]} * 256 + c[5 + 2 * i];
      uint32_t base = board_->image.flash_base;
      for (size_t s = 0; s < sector; ++s) {
        base += board_->flash.sector_bytes[s];
      }
      flash_.erase(
          flash_.lower_bound(base),
          flash_.lower_bound(base + board_->flash.sector_bytes[sector]));
      ++erased_sectors_;
    }
    return answer({kAck}, true);
  }
  if (c.size() == 7) {
    return checksum_fails(2, 4) ? answer({kNack}, true) : answer({kAck}, false);
  }
  if (c.size() < 8) {
    return;
  }
  const uint32_t address = static_cast<uint32_t>(c[2]) << 24 |
                           static_cast<uint32_t>(c[3]) << 16 |
                           static_cast<uint32_t>(c[4]) << 8 | c[5];
  const size_t count = size_t{c[7]} + 1;
  if (c[0] == 0x11 && c.size() == 9) {
    if ((c[7] ^ c[8]) != 0xFF) {
      return answer({kNack}, true);
    }
    std::vector<uint8_t> bytes{kAck};
    for (size_t i = 0; i < count; ++i) {
      const auto at = flash_.find(static_cast<uint32_t>(address + i));
      bytes.push_back(at == flash_.end() ? 0xFF : at->second);
    }
    return answer(std::move(bytes), true);
  }
  if (c[0] == 0x31 && c.size() == 9 + count) {
    if (checksum_fails(7, 1 + count) || count % 4 != 0) {
      return answer({kNack}, true);
    }
    const int write = ++writes_;
    for (size_t i = 0; i < count; ++i) {
      // Flash programs ones to zeros only.
      auto [at, fresh] =
          flash_.try_emplace(static_cast<uint32_t>(address + i), uint8_t{0xFF});
      at->second &= c[8 + i];
    }
    if (write == options_.bad_write_at) {
      flash_[address] ^= 0xFF;
    }
    if (write == options_.reset_at_write) {
      return Reset();
    }
    return answer({kAck}, true);
  }
}

}  // namespace tinyrig::agent::testing
