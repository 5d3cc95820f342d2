// Whole programs against QEMU: programs/selftest.c prints what it sees through
// semihosting, on QEMU's mps2 boards and on our core; the texts must be equal.
#include <cstdio>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "emulator/cpu/testing/machine.h"

namespace tinyrig::emulator::testing {
namespace {

constexpr uint32_t kSemihosting = 0xAB;
constexpr uint32_t kWriteText = 0x04;
constexpr size_t kLongestText = 20000;
constexpr uint64_t kCycleLimit = 200'000'000;

std::string ProgramPath(const std::string& name) {
  return std::string(TINYRIG_BINARY_DIR) + "/emulator/cpu/programs/" + name;
}

// Serves the program's semihosting calls until it exits.
std::string RunHere(CoreKind kind, const std::string& name) {
  Machine machine(kind);
  std::ifstream file(ProgramPath(name + ".bin"), std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  if (bytes.empty()) {
    return "no program " + name;
  }
  std::copy(bytes.begin(), bytes.end(), machine.code.begin());
  machine.map.memories[0].writable = false;
  machine.Connect();
  machine.core->Reset(0);
  std::string text;
  while (text.size() < kLongestText) {
    const StopReason reason = machine.core->Run(kCycleLimit);
    if (reason == StopReason::kSleep) {
      machine.core->SkipTo(machine.core->NextEventCycles());
      continue;
    }
    Core::Registers registers = machine.core->ReadRegisters();
    if (reason != StopReason::kBreakpoint) {
      return text + "stopped, reason " +
             std::to_string(static_cast<int>(reason));
    }
    if (machine.code[registers.r[15]] != kSemihosting) {
      return text + "unexpected breakpoint";
    }
    if (registers.r[0] != kWriteText) {
      return text;
    }
    const char* from =
        reinterpret_cast<const char*>(machine.At(registers.r[1]));
    text += from;
    registers.r[15] += 2;
    machine.core->WriteRegisters(registers);
  }
  return "runs away";
}

std::string RunQemu(const std::string& board, const std::string& name) {
  const std::string command =
      "timeout 30 qemu-system-arm -M " + board + " -kernel " +
      ProgramPath(name + ".elf") +
      " -nographic -monitor none -serial null"
      " -semihosting-config enable=on,target=native 2>&1 </dev/null";
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) {
    return text;
  }
  char buffer[256];
  while (fgets(buffer, sizeof(buffer), pipe) != nullptr) {
    text += buffer;
  }
  pclose(pipe);
  return text;
}

void Compare(CoreKind kind, const std::string& board, const std::string& name) {
  if (std::system("command -v qemu-system-arm >/dev/null") != 0) {
    GTEST_SKIP() << "SKIPPED: needs qemu-system-arm";
  }
  const std::string want = RunQemu(board, name);
  const std::string got = RunHere(kind, name);
  EXPECT_NE(want.find("done\n"), std::string::npos) << want;
  EXPECT_EQ(got, want);
}

TEST(QemuSelfTest, CortexM4) {
  Compare(CoreKind::kCortexM4F, "mps2-an386", "selftest_m4");
}

TEST(QemuSelfTest, CortexM7WithDoubles) {
  Compare(CoreKind::kCortexM7Dp, "mps2-an500", "selftest_m7");
}

}  // namespace
}  // namespace tinyrig::emulator::testing
