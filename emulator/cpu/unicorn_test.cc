// Step-lock against Unicorn: one random instruction at a time, every register,
// flag and byte of memory compared. Seeds are fixed and printed.
#include <sstream>

#include <gtest/gtest.h>

#include "emulator/cpu/testing/encodings.h"
#include "emulator/cpu/testing/machine.h"
#include <unicorn/unicorn.h>

namespace tinyrig::emulator::testing {
namespace {

constexpr uint32_t kSeed = 20261122;
constexpr int kRunsPerPattern = 120;
constexpr uint32_t kStep = 16;  // bytes from one trial's code to the next

constexpr uint32_t kSetApsr = 0x400;
constexpr uint32_t kGetApsr = 0x600;
constexpr int kRegisterIds[] = {UC_ARM_REG_R0,  UC_ARM_REG_R1,  UC_ARM_REG_R2,
                                UC_ARM_REG_R3,  UC_ARM_REG_R4,  UC_ARM_REG_R5,
                                UC_ARM_REG_R6,  UC_ARM_REG_R7,  UC_ARM_REG_R8,
                                UC_ARM_REG_R9,  UC_ARM_REG_R10, UC_ARM_REG_R11,
                                UC_ARM_REG_R12, UC_ARM_REG_SP,  UC_ARM_REG_LR};

class Oracle {
 public:
  explicit Oracle(int model) : code(kMemoryBytes), ram(kMemoryBytes) {
    uc_open(UC_ARCH_ARM, static_cast<uc_mode>(UC_MODE_THUMB | UC_MODE_MCLASS),
            &engine_);
    uc_ctl_set_cpu_model(engine_, model);
    uc_mem_map_ptr(engine_, kCodeBase, kMemoryBytes, UC_PROT_ALL, code.data());
    uc_mem_map_ptr(engine_, kRamBase, kMemoryBytes, UC_PROT_ALL, ram.data());
  }
  ~Oracle() { uc_close(engine_); }

  // Unicorn's XPSR register leaves out GE; MSR and MRS in the guest do not.
  void SetApsr(uint32_t value) {
    const uint16_t msr[] = {0xF380, 0x8C00};  // msr apsr_nzcvqg, r0
    std::memcpy(&code[kSetApsr], msr, 4);
    uc_reg_write(engine_, UC_ARM_REG_R0, &value);
    uc_emu_start(engine_, kSetApsr | 1, kSetApsr + 4, 0, 0);
  }
  uint32_t GetApsr() {
    const uint16_t mrs[] = {0xF3EF, 0x8000};  // mrs r0, apsr
    std::memcpy(&code[kGetApsr], mrs, 4);
    uc_emu_start(engine_, kGetApsr | 1, kGetApsr + 4, 0, 0);
    uint32_t value = 0;
    uc_reg_read(engine_, UC_ARM_REG_R0, &value);
    return value;
  }

  bool Execute(Core::Registers* registers, uint32_t end) {
    SetApsr(registers->xpsr);
    for (int i = 0; i < 15; ++i) {
      uc_reg_write(engine_, kRegisterIds[i], &registers->r[i]);
    }
    for (int i = 0; i < 32; ++i) {
      uc_reg_write(engine_, UC_ARM_REG_S0 + i, &registers->s[i]);
    }
    uc_reg_write(engine_, UC_ARM_REG_FPSCR, &registers->fpscr);
    const uc_err error = uc_emu_start(engine_, registers->r[15] | 1, end, 0, 0);
    for (int i = 0; i < 15; ++i) {
      uc_reg_read(engine_, kRegisterIds[i], &registers->r[i]);
    }
    uc_reg_read(engine_, UC_ARM_REG_PC, &registers->r[15]);
    for (int i = 0; i < 32; ++i) {
      uc_reg_read(engine_, UC_ARM_REG_S0 + i, &registers->s[i]);
    }
    uc_reg_read(engine_, UC_ARM_REG_FPSCR, &registers->fpscr);
    registers->xpsr = GetApsr();
    return error == UC_ERR_OK;
  }

  std::vector<uint8_t> code;
  std::vector<uint8_t> ram;

 private:
  uc_engine* engine_ = nullptr;
};

class StepLock {
 public:
  StepLock(CoreKind kind, int model)
      : machine_(kind), oracle_(model), random_(kSeed) {
    machine_.Connect();
    machine_.Start();
    machine_.core->Run(0);
    for (uint8_t& byte : machine_.ram) {
      byte = static_cast<uint8_t>(random_());
    }
    oracle_.ram = machine_.ram;
    EnableFloat();
  }

  void RunClass(const EncodingClass& tested) {
    SCOPED_TRACE(tested.name);
    for (const char* pattern : tested.patterns) {
      for (int i = 0; i < kRunsPerPattern; ++i) {
        const auto code = RandomInstruction(pattern, tested.distinct, &random_);
        if (!RunOne(code, tested.floating_point, tested.nearest_only)) {
          ADD_FAILURE() << "pattern " << pattern << ", seed " << kSeed;
          break;
        }
      }
    }
  }

  bool RunOne(const std::vector<uint16_t>& halfwords, bool floating_point,
              bool nearest_only) {
    if (address_ + 64 > kMemoryBytes) {
      address_ = 0x1000;
      machine_.core->InvalidateCode(0, kMemoryBytes);
    }
    const uint32_t start = address_;
    uint32_t at = start;
    for (uint16_t half : halfwords) {
      std::memcpy(&machine_.code[at], &half, 2);
      std::memcpy(&oracle_.code[at], &half, 2);
      at += 2;
    }
    address_ = start + kStep + 16;
    Core::Registers before = RandomState(start, floating_point);
    before.fpscr &= nearest_only ? ~(3u << 22) : ~0u;
    Core::Registers want = before;
    if (!oracle_.Execute(&want, at)) {
      return true;  // the oracle has no such instruction: not comparable
    }
    ++compared_;
    machine_.core->WriteRegisters(before);
    const uint64_t first = machine_.core->InstructionCount();
    while (machine_.core->ReadRegisters().r[15] != at &&
           machine_.core->InstructionCount() < first + 8) {
      machine_.core->Run(machine_.core->NowCycles() + 1);
    }
    const Core::Registers got = machine_.core->ReadRegisters();
    return Same(before, want, got, halfwords);
  }

  [[nodiscard]] int compared() const { return compared_; }
  Random* random() { return &random_; }

 private:
  void EnableFloat() {
    uint32_t at = machine_.Put(0x800, {0xF8CA, 0xB000});  // str.w r11, [r10]
    machine_.core->InvalidateCode(0, 0x1000);
    Core::Registers registers = machine_.core->ReadRegisters();
    registers.r[10] = 0xE000ED88;
    registers.r[11] = 0xF << 20;
    registers.r[15] = 0x800;
    machine_.core->WriteRegisters(registers);
    while (machine_.core->ReadRegisters().r[15] != at) {
      machine_.core->Run(machine_.core->NowCycles() + 1);
    }
  }

  Core::Registers RandomState(uint32_t pc, bool floating_point) {
    Core::Registers state;
    for (uint32_t& value : state.r) {
      value = RandomWord(&random_);
    }
    state.r[10] = kRamBase + 0x20000 + (random_() & 0x7FFC);
    state.r[11] = random_() & 0x3FFC;
    state.r[13] = state.msp = kRamBase + 0x18000;
    state.r[15] = pc;
    state.xpsr = (random_() & 0xF80F0000u) | 1u << 24;
    state.control = 4;
    for (uint32_t& value : state.s) {
      value = RandomFloat(&random_);
    }
    if (floating_point) {
      // Rounding mode at times; flush-to-zero and default NaN at times.
      state.fpscr = (random_() & 1) != 0 ? random_() & 0xF7C00000u : 0;
    }
    return state;
  }

  bool Same(const Core::Registers& before, const Core::Registers& want,
            const Core::Registers& got,
            const std::vector<uint16_t>& halfwords) {
    std::ostringstream text;
    text << std::hex;
    for (int i = 0; i < 16; ++i) {
      if (want.r[i] != got.r[i]) {
        text << " r" << std::dec << i << std::hex << " want " << want.r[i]
             << " got " << got.r[i];
      }
    }
    for (int i = 0; i < 32; ++i) {
      if (want.s[i] != got.s[i]) {
        text << " s" << std::dec << i << std::hex << " want " << want.s[i]
             << " got " << got.s[i];
      }
    }
    if (((want.xpsr ^ got.xpsr) & 0xF80F0000u) != 0) {
      text << " xpsr want " << want.xpsr << " got " << got.xpsr;
    }
    if (want.fpscr != got.fpscr) {
      text << " fpscr want " << want.fpscr << " got " << got.fpscr;
    }
    if (oracle_.ram != machine_.ram) {
      text << " memory differs";
      oracle_.ram = machine_.ram;
    }
    if (text.str().empty()) {
      return true;
    }
    std::ostringstream state;
    state << std::hex;
    for (int i = 0; i < 15; ++i) {
      state << " r" << std::dec << i << std::hex << "=" << before.r[i];
    }
    for (int i = 0; i < 32; ++i) {
      state << " s" << std::dec << i << std::hex << "=" << before.s[i];
    }
    ADD_FAILURE() << std::hex << "code " << halfwords[0] << " "
                  << (halfwords.size() > 1 ? halfwords[1] : 0) << ":"
                  << text.str() << "\n  before: xpsr=" << before.xpsr
                  << " fpscr=" << before.fpscr << state.str();
    return false;
  }

  Machine machine_;
  Oracle oracle_;
  Random random_;
  uint32_t address_ = 0x1000;
  int compared_ = 0;
};

void RunClasses(const std::vector<EncodingClass>& classes, CoreKind kind,
                int model) {
  StepLock lock(kind, model);
  size_t patterns = 0;
  for (const EncodingClass& tested : classes) {
    lock.RunClass(tested);
    patterns += tested.patterns.size();
  }
  // The oracle must know (nearly) all of what we claim to have compared.
  EXPECT_GT(lock.compared(), static_cast<int>(patterns) * kRunsPerPattern / 2);
  std::printf("compared %d instructions, seed %u\n", lock.compared(), kSeed);
}

TEST(UnicornStepLock, IntegerM4) {
  RunClasses(IntegerClasses(), CoreKind::kCortexM4F, UC_CPU_ARM_CORTEX_M4);
}

TEST(UnicornStepLock, IntegerM7) {
  RunClasses(IntegerClasses(), CoreKind::kCortexM7Sp, UC_CPU_ARM_CORTEX_M7);
}

TEST(UnicornStepLock, Memory) {
  RunClasses(MemoryClasses(), CoreKind::kCortexM4F, UC_CPU_ARM_CORTEX_M4);
}

TEST(UnicornStepLock, FloatVersion4) {
  RunClasses(FloatClassesV4(), CoreKind::kCortexM4F, UC_CPU_ARM_CORTEX_M4);
}

TEST(UnicornStepLock, FloatVersion5) {
  RunClasses(FloatClassesV5(), CoreKind::kCortexM7Sp, UC_CPU_ARM_CORTEX_M7);
}

// IT with one to four 16-bit instructions that would set flags outside it.
TEST(UnicornStepLock, IfThenBlocks) {
  StepLock lock(CoreKind::kCortexM4F, UC_CPU_ARM_CORTEX_M4);
  for (int i = 0; i < 3000; ++i) {
    Random& random = *lock.random();
    const uint32_t condition = random() % 14;
    const uint32_t mask = 1 + random() % 15;
    std::vector<uint16_t> code = {
        static_cast<uint16_t>(0xBF00 | condition << 4 | mask)};
    const int length = 4 - __builtin_ctz(mask);
    for (int k = 0; k < length; ++k) {
      static const char* kInner[] = {"001xxxxxxxxxxxxx", "010000xxxxxxxxxx",
                                     "000xxxxxxxxxxxxx"};
      code.push_back(
          RandomInstruction(kInner[random() % 3], false, &random)[0]);
    }
    ASSERT_TRUE(lock.RunOne(code, false, false));
  }
  EXPECT_GT(lock.compared(), 2500);
}

}  // namespace
}  // namespace tinyrig::emulator::testing
