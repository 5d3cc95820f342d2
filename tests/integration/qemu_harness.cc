// Runs a generated model on QEMU's mps2-an386 (Cortex-M4F) or mps2-an500 (M7)
// by semihosting: reads "inputs", writes "outputs" and "ticks" in QEMU's
// working folder. Ticks are the FPGA's 20 MHz counter around invoke(); with
// -icount shift=0 one instruction takes 1 ns, so one tick is 50 instructions.
// References: ARM IHI 0070 (semihosting), AN386 (FPGA I/O at 0x40028000).
#include <cstdint>

#include "proto/abi/model.h"

extern "C" {
void ResetHandler();
extern uint32_t stack_top[], data_load[], data_start[], data_end[], bss_start[],
    bss_end[];
}

namespace {

enum Operation { kOpen = 1, kClose = 2, kWrite = 5, kRead = 6, kExit = 0x18 };

int Semihost(int operation, const void* block) {
  register int r0 __asm__("r0") = operation;
  register const void* r1 __asm__("r1") = block;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

int Open(const char* name, uint32_t length, uint32_t mode) {
  const uint32_t block[] = {reinterpret_cast<uint32_t>(name), mode, length};
  return Semihost(kOpen, block);
}

// Bytes that were left over: 0 when all were moved.
int Move(int operation, int file, const void* bytes, uint32_t size) {
  const uint32_t block[] = {static_cast<uint32_t>(file),
                            reinterpret_cast<uint32_t>(bytes), size};
  return Semihost(operation, block);
}

[[noreturn]] void Exit(bool good) {
  Semihost(kExit, reinterpret_cast<void*>(good ? 0x20026 : 0x20023));
  for (;;) {
  }
}

[[gnu::used]] void FaultHandler() {
  Exit(false);
}

[[gnu::section(".vectors"), gnu::used]] const void* const vectors[16] = {
    stack_top,
    reinterpret_cast<const void*>(ResetHandler),
    reinterpret_cast<const void*>(FaultHandler),
    reinterpret_cast<const void*>(FaultHandler),
    reinterpret_cast<const void*>(FaultHandler),
    reinterpret_cast<const void*>(FaultHandler),
    reinterpret_cast<const void*>(FaultHandler)};

uint32_t Ticks() {
  return *reinterpret_cast<volatile uint32_t*>(0x40028018);
}

void RunSamples() {
  const int inputs = Open("inputs", 6, 1);    // "rb"
  const int outputs = Open("outputs", 7, 5);  // "wb"
  const int ticks = Open("ticks", 5, 5);
  for (;;) {
    for (int i = 0; i < tinyrig_model.input_count; ++i) {
      const TinyrigTensor& tensor = tinyrig_model.inputs[i];
      if (Move(kRead, inputs, tensor.data, tensor.bytes) != 0) {
        return;
      }
    }
    const uint32_t begin = Ticks();
    tinyrig_model.invoke(nullptr);
    const uint32_t taken = Ticks() - begin;
    Move(kWrite, ticks, &taken, 4);
    for (int i = 0; i < tinyrig_model.output_count; ++i) {
      const TinyrigTensor& tensor = tinyrig_model.outputs[i];
      Move(kWrite, outputs, tensor.data, tensor.bytes);
    }
  }
}

}  // namespace

void ResetHandler() {
  *reinterpret_cast<volatile uint32_t*>(0xE000ED88) |= 0xFU << 20;  // CPACR
  __asm__ volatile("dsb\n isb");
  const uint32_t* from = data_load;
  for (uint32_t* to = data_start; to != data_end; ++to) {
    *to = *from++;
  }
  RunSamples();
  Exit(true);
}
