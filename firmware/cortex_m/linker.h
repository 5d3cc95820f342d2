// Symbols of the linker script (boards/generate.cc). Addresses are meant.
#pragma once

#include <cstdint>

extern "C" {
extern uint32_t __tinyrig_stack_guard[];
extern uint32_t __tinyrig_stack_bottom[];
extern uint32_t __tinyrig_stack_top[];
extern uint32_t __tinyrig_handler_stack_top[];
extern uint32_t __tinyrig_data_start[];
extern uint32_t __tinyrig_data_end[];
extern uint32_t __tinyrig_data_load[];
extern uint32_t __tinyrig_bss_start[];
extern uint32_t __tinyrig_bss_end[];
extern uint8_t __tinyrig_static_bytes[];
extern void (*__init_array_start[])();
extern void (*__init_array_end[])();
}
