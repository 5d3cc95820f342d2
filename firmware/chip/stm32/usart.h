// The two generations of USART behind one face: F4 has SR and DR, F7 has ISR,
// ICR, RDR and TDR. One file per family implements it.
#pragma once

#include <cstdint>

namespace tinyrig::stm32 {

/// 8N1, transmitter and receiver on, an interrupt per received byte.
void StartUsart(uint32_t base, uint32_t brr);
/// Takes a byte and clears errors. \return false when none has arrived.
bool TakeUsartByte(uint32_t base, uint8_t* byte);
bool UsartHasRoom(uint32_t base);
void PutUsartByte(uint32_t base, uint8_t byte);
/// Whether an interrupt comes while there is room.
void InterruptOnRoom(uint32_t base, bool on);
/// The last stop bit is out.
bool UsartIsDone(uint32_t base);

}  // namespace tinyrig::stm32
