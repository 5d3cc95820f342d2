// Vector table and the way from reset to main(). Threads run on the process
// stack, handlers on their own: after a stack overflow the fault handler still
// has a stack to report from.
#include <cstddef>
#include <cstdint>

#include "firmware/chip/chip.h"
#include "firmware/cortex_m/fault.h"
#include "firmware/cortex_m/linker.h"
#include "firmware/cortex_m/registers.h"
#include "firmware/cortex_m/stack.h"
#include "tinyrig_board.h"

int main();

extern "C" {
void Reset_Handler();
void SysTick_Handler() {}
void Console_Handler() {
  tinyrig::chip::HandleConsoleInterrupt();
}
[[noreturn, gnu::used]] void StartC();
}

namespace tinyrig::cortex_m {
namespace {

constexpr size_t kSystemExceptions = 15;
constexpr size_t kHandlerStackBytes = 1024;

[[gnu::section(".bss.tinyrig.handler_stack"), gnu::used,
  gnu::aligned(8)]] uint8_t handler_stack[kHandlerStackBytes];

struct VectorTable {
  const void* initial_sp;
  void (*handlers[kSystemExceptions + board::kIrqCount])();
};

constexpr VectorTable MakeVectors() {
  VectorTable table = {__tinyrig_handler_stack_top, {}};
  for (auto& handler : table.handlers) {
    handler = Fault_Handler;
  }
  table.handlers[0] = Reset_Handler;
  table.handlers[14] = SysTick_Handler;
  table.handlers[kSystemExceptions + chip::kConsoleIrq] = Console_Handler;
  return table;
}

[[gnu::section(".isr_vector"), gnu::used]] constexpr VectorTable kVectors =
    MakeVectors();
static_assert(sizeof(kVectors) <= TINYRIG_IMAGE_HEADER_OFFSET);

void CopyData() {
  const uint32_t* from = __tinyrig_data_load;
  for (volatile uint32_t* to = __tinyrig_data_start; to < __tinyrig_data_end;) {
    *to++ = *from++;
  }
  for (volatile uint32_t* to = __tinyrig_bss_start; to < __tinyrig_bss_end;) {
    *to++ = 0;
  }
}

}  // namespace
}  // namespace tinyrig::cortex_m

extern "C" [[gnu::naked, gnu::used]] void Reset_Handler() {
  asm volatile(
      "ldr r0, =__tinyrig_stack_top\n"
      "msr psp, r0\n"
      "movs r0, #2\n"
      "msr control, r0\n"
      "isb\n"
      "b StartC\n");
}

extern "C" void StartC() {
  using tinyrig::cortex_m::Reg;
  // Compiled code may use the FPU from here on.
  Reg(tinyrig::cortex_m::kCpacr) =
      Reg(tinyrig::cortex_m::kCpacr) | (0xFu << 20);
  tinyrig::cortex_m::Dsb();
  tinyrig::cortex_m::Isb();
  Reg(tinyrig::cortex_m::kVtor) =
      reinterpret_cast<uint32_t>(&tinyrig::cortex_m::kVectors);
  tinyrig::cortex_m::CopyData();
  tinyrig::cortex_m::PaintStack();
  for (void (**init)() = __init_array_start; init < __init_array_end; ++init) {
    (*init)();
  }
  main();
  tinyrig::hal::Fail();  // main() never returns
}
