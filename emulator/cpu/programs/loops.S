@ Loops for the speed benchmark. Each runs r0 times, then stops at BKPT.
@ The vector table starts the loop whose address the host wrote to word 1.
  .syntax unified
  .cpu cortex-m4
  .fpu fpv4-sp-d16
  .thumb
  .section .vectors, "a"
  .word 0x20030000
  .word alu + 1
  .word int8_mac + 1      @ word 2..: the entries, for the host
  .word memory_copy + 1
  .word calls + 1
  .word float_mac + 1

  .text
  .balign 4
alu:                      @ eight data-processing instructions and a branch
  adds r1, r1, r2
  eor.w r3, r3, r1, lsl #3
  subs r4, r1, r3
  and.w r5, r4, #0xff00ff
  orrs r6, r5
  lsrs r2, r1, #5
  add.w r7, r7, r2
  subs r0, r0, #1
  bne alu
  bkpt #0

  .balign 4
int8_mac:                 @ the inner loop of an int8 dot product, unrolled
  ldr r10, =0x20000000
  ldr r11, =0x20001000
  movs r8, #64
1:
  ldr r1, [r10], #4
  ldr r2, [r11], #4
  sxtb16 r3, r1
  sxtb16 r4, r2
  sxtb16 r5, r1, ror #8
  sxtb16 r6, r2, ror #8
  smlad r7, r3, r4, r7
  smlad r7, r5, r6, r7
  subs r8, r8, #1
  bne 1b
  subs r0, r0, #1
  bne int8_mac
  bkpt #0
  .ltorg

  .balign 4
memory_copy:
  ldr r10, =0x20000000
  ldr r11, =0x20008000
  movs r8, #64
1:
  ldm r10!, {r1-r4}
  stm r11!, {r1-r4}
  ldrb r5, [r10]
  strb r5, [r11]
  subs r8, r8, #1
  bne 1b
  subs r0, r0, #1
  bne memory_copy
  bkpt #0
  .ltorg

  .balign 4
calls:
  bl leaf
  subs r0, r0, #1
  bne calls
  bkpt #0
leaf:
  push {r4, lr}
  cmp r0, #3
  ite hi
  addhi r4, #1
  addls r4, #2
  pop {r4, pc}

  .balign 4
float_mac:
  ldr r1, =0xE000ED88
  movs r2, #0xF
  lsls r2, r2, #20
  str r2, [r1]
  vmov.f32 s0, #1.0
  vmov.f32 s1, #0.5
  vmov.f32 s2, #0.25
1:
  vmul.f32 s3, s1, s2
  vadd.f32 s4, s3, s0
  vfma.f32 s5, s1, s2
  vmov r3, s5
  subs r0, r0, #1
  bne 1b
  bkpt #0
