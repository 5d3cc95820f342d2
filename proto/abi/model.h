/* What a compiled model exports and the firmware calls: plain C, static data.
 * Byte-exact page: docs/ABI.md.
 *
 * Contract: invoke() reads the inputs and writes the outputs, all of them
 * inside the arena; it uses no heap, no other writable memory than the arena
 * and the stack, and may be called again. Its layers run in order or
 * interleaved, a row at a time; before each step the hook is told whose step it
 * is. The arena's planner may let a layer overwrite the inputs: then
 * TINYRIG_MODEL_INPUT_PRESERVED is not set and the host sets the input before
 * each run. Several inputs (outputs) are addressed as if concatenated in model
 * order.
 */
#ifndef TINYRIG_PROTO_ABI_MODEL_H_
#define TINYRIG_PROTO_ABI_MODEL_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TINYRIG_MODEL_MAGIC 0x4D525454u /* "TTRM" little-endian */
#define TINYRIG_MODEL_ABI_VERSION 2u
#define TINYRIG_MODEL_INPUT_PRESERVED 1u

typedef struct TinyrigTensor {
  uint8_t* data; /* inside the arena */
  uint32_t bytes;
} TinyrigTensor;

/* layer: 0..layer_count-1. */
typedef void (*TinyrigStepHook)(uint32_t layer);

typedef struct TinyrigModel {
  uint32_t magic;
  uint16_t abi_version;
  uint16_t flags; /* TINYRIG_MODEL_* */
  const TinyrigTensor* inputs;
  const TinyrigTensor* outputs;
  uint16_t input_count;
  uint16_t output_count;
  uint32_t arena_bytes;
  uint32_t layer_count;
  void (*invoke)(TinyrigStepHook on_step); /* NULL: nobody listens */
} TinyrigModel;

/* Defined by the generated model source. */
extern const TinyrigModel tinyrig_model;

/* The image header lies TINYRIG_IMAGE_HEADER_OFFSET bytes into flash, behind
 * the vector table. The image builder fills image_bytes and hash: SHA-256 of
 * the image_bytes flash bytes with the hash field zero. */
#define TINYRIG_IMAGE_MAGIC 0x49525454u /* "TTRI" little-endian */
#define TINYRIG_IMAGE_HEADER_OFFSET 0x400u

typedef struct TinyrigImageHeader {
  uint32_t magic;
  uint32_t header_version; /* 1 */
  uint32_t image_bytes;
  uint8_t hash[32];
  char board_id[24];
  char firmware_version[16];
} TinyrigImageHeader;

#ifdef __cplusplus
}
#endif

#endif /* TINYRIG_PROTO_ABI_MODEL_H_ */
