// A board in the test's own process: firmware that speaks real frames on one
// socketpair, a ROM loader (AN3155) on a second one, lines to reset it, and a
// noisy, faulty temper. Its model's output is output[i] = ~input[i % inputs].
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "agent/lines/board_lines.h"
#include "agent/port/serial_port.h"
#include "base/unique_fd.h"
#include "boards/board.h"
#include "proto/wire/host_message.h"

namespace tinyrig::agent::testing {

struct FakeBoardOptions {
  uint32_t input_bytes = 600;
  uint32_t output_bytes = 24;
  uint16_t layer_count = 3;
  bool input_preserved = true;
  /// Chance of each byte to be flipped, either direction, either port.
  double noise = 0;
  uint32_t seed = 1;
  /// The n-th run (from 1) ends in a fault report and a reset; 0: never.
  int fault_at_run = 0;
  /// The n-th run resets without a word; 0: never.
  int silent_reset_at_run = 0;
  /// The n-th run never ends until a reset; 0: never.
  int hang_at_run = 0;
  /// The n-th write command of the loader is followed by a reset; 0: never.
  int reset_at_write = 0;
  /// The n-th write stores a wrong byte and says ACK; 0: never.
  int bad_write_at = 0;
  bool loader_dead = false;
};

class FakeBoard {
 public:
  FakeBoard(const boards::Board* board, FakeBoardOptions options);
  ~FakeBoard();

  /// The host's ends; each once.
  std::unique_ptr<SerialPort> TakeConsole();
  std::unique_ptr<SerialPort> TakeLoader();
  /// Wired to this board; the board outlives them.
  std::unique_ptr<BoardLines> MakeLines();

  /// Bytes of flash as they are (0xFF where never written).
  std::vector<uint8_t> Flash(uint32_t address, size_t size);
  [[nodiscard]] int erased_sectors() const { return erased_sectors_; }
  [[nodiscard]] int resets() const { return resets_; }
  [[nodiscard]] int runs() const { return runs_; }

  static std::vector<uint8_t> OutputOf(const std::vector<uint8_t>& input,
                                       uint32_t output_bytes);

 private:
  friend class FakeLines;
  void Reset();
  void Loop();
  void Send(int fd, std::vector<uint8_t> bytes);
  uint8_t Noisy(uint8_t byte);
  // Firmware.
  void Boot();
  void OnConsole(uint8_t byte);
  void Answer(const wire::Frame& frame);
  wire::Payload Execute(const wire::Frame& frame);
  wire::Payload ExecuteRun(const wire::Frame& frame);
  wire::Payload HelloPayload();
  // Loader.
  void OnLoader(uint8_t byte);
  void RunLoaderCommand();

  const boards::Board* board_;
  FakeBoardOptions options_;
  base::UniqueFd console_, console_host_, loader_, loader_host_, wake_;
  std::mutex mutex_;
  std::mt19937 random_;
  bool in_loader_ = false;
  bool boot0_ = false;
  bool hung_ = false;
  uint32_t boot_id_ = 0;
  wire::FrameDecoder decoder_;
  std::vector<uint8_t> input_;
  size_t input_set_ = 0;
  std::vector<uint8_t> output_;
  uint16_t recorded_ = 0;
  bool fault_pending_ = false;
  int last_key_ = -1;
  std::vector<uint8_t> last_reply_;
  bool synced_ = false;
  std::vector<uint8_t> command_;
  int writes_ = 0;
  std::map<uint32_t, uint8_t> flash_;
  std::atomic<int> erased_sectors_ = 0, resets_ = 0, runs_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace tinyrig::agent::testing
