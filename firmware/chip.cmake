# tinyrig_firmware: for every board
#   share/tinyrig/firmware/<board>/{libfirmware.a,link.ld,flags.txt}
#   share/tinyrig/include/proto/abi/model.h   (for generated model sources)
# tinyrig_firmware_images: firmware_test/<board>/{echo,fault,hang}.bin

find_program(TINYRIG_ARM_GXX arm-none-eabi-g++ REQUIRED)
find_program(TINYRIG_ARM_AR arm-none-eabi-ar REQUIRED)
find_program(TINYRIG_ARM_OBJCOPY arm-none-eabi-objcopy REQUIRED)

set(firmware_common
    proto/wire/frame.cc
    firmware/command.cc
    firmware/image_header.cc
    firmware/main.cc
    firmware/measure.cc
    firmware/session.cc
    firmware/tensors.cc
    firmware/cortex_m/core.cc
    firmware/cortex_m/fault.cc
    firmware/cortex_m/hal_core.cc
    firmware/cortex_m/stack.cc
    firmware/cortex_m/startup.cc
    firmware/chip/stm32/console.cc
    firmware/chip/stm32/gpio.cc
    firmware/chip/stm32/rcc.cc
    firmware/chip/stm32/watchdog.cc)
set(firmware_stm32f4 firmware/chip/stm32f4/clock.cc
                     firmware/chip/stm32f4/usart.cc)
set(firmware_stm32f7 firmware/chip/stm32f7/clock.cc
                     firmware/chip/stm32f7/usart.cc)
set(firmware_warnings -Wall -Wextra -Wshadow -Wconversion -Wdouble-promotion
                      -Werror)

set(share ${CMAKE_BINARY_DIR}/share/tinyrig)
set(model_header ${share}/include/proto/abi/model.h)
add_custom_command(
  OUTPUT ${model_header}
  COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_SOURCE_DIR}/proto/abi/model.h
          ${model_header}
  DEPENDS ${CMAKE_SOURCE_DIR}/proto/abi/model.h
  VERBATIM)

# The family is a fact of the board's file, read where CMake needs it.
function(tinyrig_board_family board_id out)
  file(STRINGS ${CMAKE_SOURCE_DIR}/boards/${board_id}.yaml line
       REGEX "^family: ")
  string(REGEX REPLACE "^family: *([a-z0-9]+).*" "\\1" family "${line}")
  set(${out} ${family} PARENT_SCOPE)
endfunction()

# One object by the board's compiler flags; appends it to ${objects}.
function(tinyrig_arm_object board_id source object)
  set(folder ${share}/firmware/${board_id})
  add_custom_command(
    OUTPUT ${object}
    COMMAND
      ${CMAKE_CXX_COMPILER_LAUNCHER} ${TINYRIG_ARM_GXX} @${folder}/flags.txt
      ${firmware_warnings} ${ARGN} -I${CMAKE_SOURCE_DIR}
      -I${CMAKE_BINARY_DIR}/gen/firmware/${board_id} -MD -MF ${object}.d -c
      ${source} -o ${object}
    DEPENDS ${source} ${folder}/flags.txt
            ${CMAKE_BINARY_DIR}/gen/firmware/${board_id}/tinyrig_board.h
    DEPFILE ${object}.d
    VERBATIM)
endfunction()

function(tinyrig_board_firmware board_id)
  set(folder ${share}/firmware/${board_id})
  set(header ${CMAKE_BINARY_DIR}/gen/firmware/${board_id}/tinyrig_board.h)
  file(MAKE_DIRECTORY ${folder} ${CMAKE_BINARY_DIR}/gen/firmware/${board_id})
  add_custom_command(
    OUTPUT ${header} ${folder}/link.ld ${folder}/flags.txt
    COMMAND tinyrig-boardgen ${board_id} --header ${header} --linker
            ${folder}/link.ld --flags ${folder}/flags.txt
    DEPENDS tinyrig-boardgen ${CMAKE_SOURCE_DIR}/boards/${board_id}.yaml
    VERBATIM)
  tinyrig_board_family(${board_id} family)
  if(NOT DEFINED firmware_${family})
    message(FATAL_ERROR "board ${board_id}: no firmware/chip/${family}")
  endif()
  set(objects "")
  foreach(source ${firmware_common} ${firmware_${family}})
    string(REPLACE "/" "_" stem ${source})
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${board_id}/${stem}.o)
    file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${board_id})
    tinyrig_arm_object(${board_id} ${CMAKE_SOURCE_DIR}/${source} ${object}
                       -DTINYRIG_FIRMWARE_VERSION="${PROJECT_VERSION}")
    list(APPEND objects ${object})
  endforeach()
  add_custom_command(
    OUTPUT ${folder}/libfirmware.a
    COMMAND ${CMAKE_COMMAND} -E rm -f ${folder}/libfirmware.a
    COMMAND ${TINYRIG_ARM_AR} rcsD ${folder}/libfirmware.a ${objects}
    DEPENDS ${objects}
    VERBATIM)
  set(firmware_outputs ${firmware_outputs} ${folder}/libfirmware.a
      PARENT_SCOPE)
endfunction()

# A test image: testing/echo_model.cc with one behaviour.
function(tinyrig_test_image board_id name behaviour)
  set(folder ${share}/firmware/${board_id})
  set(images ${CMAKE_BINARY_DIR}/firmware_test/${board_id})
  file(MAKE_DIRECTORY ${images})
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/testing/echo_model.cc)
  tinyrig_arm_object(${board_id} ${source} ${images}/${name}.o
                     -DTINYRIG_TEST_MODEL=${behaviour})
  add_custom_command(
    OUTPUT ${images}/${name}.bin
    COMMAND ${TINYRIG_ARM_GXX} @${folder}/flags.txt -T ${folder}/link.ld
            ${images}/${name}.o ${folder}/libfirmware.a -o
            ${images}/${name}.elf -Wl,-Map=${images}/${name}.map
    COMMAND ${TINYRIG_ARM_OBJCOPY} -O binary --gap-fill 0xFF
            ${images}/${name}.elf ${images}/${name}.raw
    COMMAND tinyrig-imagehash ${images}/${name}.raw ${images}/${name}.bin
    DEPENDS ${images}/${name}.o ${folder}/libfirmware.a ${folder}/link.ld
            tinyrig-imagehash
    VERBATIM)
  set(image_outputs ${image_outputs} ${images}/${name}.bin PARENT_SCOPE)
endfunction()

set(firmware_outputs ${model_header})
set(image_outputs "")
foreach(board_id ${TINYRIG_BOARD_IDS})
  tinyrig_board_firmware(${board_id})
  tinyrig_test_image(${board_id} echo 0)
  tinyrig_test_image(${board_id} fault 1)
  tinyrig_test_image(${board_id} hang 2)
endforeach()
add_custom_target(tinyrig_firmware DEPENDS ${firmware_outputs})
add_dependencies(programs tinyrig_firmware)
if(TINYRIG_TESTS)
  add_custom_target(tinyrig_firmware_images ALL DEPENDS ${image_outputs})
endif()
