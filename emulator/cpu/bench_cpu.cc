// How fast the core interprets, in million instructions per second of host
// time, per loop and core kind. Run: bench/bench_cpu
#include <fstream>
#include <iterator>

#include "emulator/cpu/cpu.h"
#include "emulator/cpu/testing/machine.h"
#include <benchmark/benchmark.h>

namespace tinyrig::emulator::testing {
namespace {

enum Loop { kAlu = 1, kInt8Mac, kMemoryCopy, kCalls, kFloatMac };

// As the firmware does it: 256 bytes without access below the stack.
void GuardStack(Core* core) {
  auto& cpu = static_cast<Cpu&>(*core);
  cpu.WriteScs(0xD9C, kStackTop - 8192 - 256);
  cpu.WriteScs(0xDA0, 1u << 28 | 7u << 1 | 1);
  cpu.WriteScs(0xD94, 5);
}

void Interpret(benchmark::State& state, CoreKind kind, Loop loop, bool guard) {
  Machine machine(kind);
  std::ifstream file(
      std::string(TINYRIG_BINARY_DIR) + "/emulator/cpu/programs/loops.bin",
      std::ios::binary);
  machine.code.assign(std::istreambuf_iterator<char>(file), {});
  if (machine.code.empty()) {
    state.SkipWithError("loops.bin is missing: build target cpu_programs");
    return;
  }
  machine.code.resize(kMemoryBytes);
  machine.map.memories[0].data = machine.code.data();
  machine.Connect();
  machine.PutWord(4, machine.Word(4 * loop));
  uint64_t instructions = 0;
  uint64_t cycles = 0;
  for (auto _ : state) {
    machine.core->Reset(0);
    if (guard) {
      GuardStack(machine.core.get());
    }
    Core::Registers registers = machine.core->ReadRegisters();
    registers.r[0] = 1u << 30;
    machine.core->WriteRegisters(registers);
    const uint64_t first = machine.core->InstructionCount();
    const uint64_t start = machine.core->NowCycles();
    machine.core->Run(start + 20'000'000);
    instructions += machine.core->InstructionCount() - first;
    cycles += machine.core->NowCycles() - start;
  }
  state.counters["MIPS"] = benchmark::Counter(
      static_cast<double>(instructions) * 1e-6, benchmark::Counter::kIsRate);
  state.counters["cycles_per_instruction"] =
      static_cast<double>(cycles) / static_cast<double>(instructions);
}

BENCHMARK_CAPTURE(Interpret, m4_alu, CoreKind::kCortexM4F, kAlu, false);
BENCHMARK_CAPTURE(Interpret, m4_int8_mac, CoreKind::kCortexM4F, kInt8Mac,
                  false);
BENCHMARK_CAPTURE(Interpret, m4_int8_mac_guard, CoreKind::kCortexM4F, kInt8Mac,
                  true);
BENCHMARK_CAPTURE(Interpret, m4_copy, CoreKind::kCortexM4F, kMemoryCopy, false);
BENCHMARK_CAPTURE(Interpret, m4_calls, CoreKind::kCortexM4F, kCalls, false);
BENCHMARK_CAPTURE(Interpret, m4_float, CoreKind::kCortexM4F, kFloatMac, false);
BENCHMARK_CAPTURE(Interpret, m7_alu, CoreKind::kCortexM7Dp, kAlu, false);
BENCHMARK_CAPTURE(Interpret, m7_int8_mac, CoreKind::kCortexM7Dp, kInt8Mac,
                  false);
BENCHMARK_CAPTURE(Interpret, m7_int8_mac_guard, CoreKind::kCortexM7Dp, kInt8Mac,
                  true);
BENCHMARK_CAPTURE(Interpret, m7_copy, CoreKind::kCortexM7Dp, kMemoryCopy,
                  false);
BENCHMARK_CAPTURE(Interpret, m7_calls, CoreKind::kCortexM7Dp, kCalls, false);
BENCHMARK_CAPTURE(Interpret, m7_float, CoreKind::kCortexM7Dp, kFloatMac, false);

}  // namespace
}  // namespace tinyrig::emulator::testing

BENCHMARK_MAIN();
