#include "firmware/cortex_m/stack.h"

#include "firmware/cortex_m/linker.h"
#include "firmware/hal.h"

namespace tinyrig {
namespace {

constexpr uint32_t kPaint = 0xA5C35A3C;
/// Below the stack pointer: this function's own frame.
constexpr uint32_t kMarginBytes = 64;

}  // namespace

namespace cortex_m {

void PaintStack() {
  uint32_t sp;
  asm volatile("mov %0, sp" : "=r"(sp));
  const auto end =
      reinterpret_cast<volatile uint32_t*>((sp - kMarginBytes) & ~7u);
  for (volatile uint32_t* word = __tinyrig_stack_bottom; word < end; ++word) {
    *word = kPaint;
  }
}

}  // namespace cortex_m

namespace hal {

uint32_t StackBytes() {
  return static_cast<uint32_t>(__tinyrig_stack_top - __tinyrig_stack_bottom) *
         4;
}

uint32_t StackPeakBytes() {
  const volatile uint32_t* word = __tinyrig_stack_bottom;
  while (word < __tinyrig_stack_top && *word == kPaint) {
    ++word;
  }
  return static_cast<uint32_t>(__tinyrig_stack_top - word) * 4;
}

bool StackIntact() {
  return *const_cast<const volatile uint32_t*>(__tinyrig_stack_bottom) ==
         kPaint;
}

uint32_t StaticBytes() {
  return reinterpret_cast<uint32_t>(__tinyrig_static_bytes);
}

}  // namespace hal
}  // namespace tinyrig
