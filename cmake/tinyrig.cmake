# tinyrig_library(engine SOURCES a.cc DEPS tinyrig_base absl::status)
# tinyrig_program(tinyrig-vboard SOURCES main.cc DEPS tinyrig_emulator)
# tinyrig_test(frame_test.cc LABEL unit DEPS tinyrig_wire [TIMEOUT 60])

# tinyrig_optimize(tinyrig_emulator_cpu -O3): another level than the build's

add_library(tinyrig_options INTERFACE)
if(TINYRIG_QUICK_BUILD)
  # -pthread everywhere, or shared precompiled headers would not fit.
  target_link_libraries(tinyrig_options INTERFACE Threads::Threads)
endif()
target_include_directories(tinyrig_options INTERFACE ${CMAKE_SOURCE_DIR}
                                                     ${CMAKE_BINARY_DIR}/gen)
# Warnings are errors in the release build; GCC 12 gets several wrong in
# sanitized code.
target_compile_options(tinyrig_options INTERFACE -Wall -Wextra -Wshadow
                                                 -Wconversion
                       $<$<NOT:$<BOOL:${TINYRIG_SANITIZE}>>:-Werror>
                       -Wno-missing-field-initializers
                       -Wno-restrict)  # GCC bug 105651: std::string operator+
# Library headers come in as SYSTEM (imported targets), so -Werror is ours only.
if(TINYRIG_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

# Targets of ours, which cmake/pch.cmake walks over.
function(tinyrig_owns name)
  set_property(GLOBAL APPEND PROPERTY TINYRIG_TARGETS ${name})
endfunction()

function(tinyrig_optimize name level)
  if(NOT TINYRIG_SANITIZE)
    set_target_properties(${name} PROPERTIES TINYRIG_OPTIMIZE ${level})
  endif()
endfunction()

function(tinyrig_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(tinyrig_${name} STATIC ${ARG_SOURCES})
  tinyrig_owns(tinyrig_${name})
  target_link_libraries(tinyrig_${name} PUBLIC ${ARG_DEPS}
                        PRIVATE $<BUILD_INTERFACE:tinyrig_options>)
  target_include_directories(
    tinyrig_${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>
                           $<BUILD_INTERFACE:${CMAKE_BINARY_DIR}/gen>)
endfunction()

add_custom_target(programs)  # what ./quickstart builds
add_custom_target(unit_tests)  # what the dev preset builds

function(tinyrig_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  tinyrig_owns(${name})
  target_link_libraries(${name} PRIVATE tinyrig_options ${ARG_DEPS})
  add_dependencies(programs ${name})
endfunction()

function(tinyrig_test source)
  if(NOT TINYRIG_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT;NAME" "DEPS;SOURCES;ARGS" ${ARGN})
  get_filename_component(stem ${source} NAME_WE)
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" prefix ${folder})
  set(name ${prefix}_${stem})
  if(ARG_NAME)
    set(name ${ARG_NAME})
  endif()
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${source} ${ARG_SOURCES})
  tinyrig_owns(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                           ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE tinyrig_options ${ARG_DEPS}
                        GTest::gmock GTest::gtest GTest::gtest_main)
  target_compile_definitions(
    ${name} PRIVATE TINYRIG_SHARED="${TINYRIG_SHARED}"
                    TINYRIG_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                    TINYRIG_BINARY_DIR="${CMAKE_BINARY_DIR}")
  if(ARG_LABEL STREQUAL unit)
    add_dependencies(unit_tests ${name})
  endif()
  add_test(NAME ${name} COMMAND ${name} ${ARG_ARGS})
  # A fresh clone knows no durations: what may take long starts first.
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT
                                          ${ARG_TIMEOUT} COST ${ARG_TIMEOUT})
endfunction()

# tinyrig_bench(bench_cpu.cc DEPS ...): Google Benchmark, never part of ctest
function(tinyrig_bench source)
  if(NOT TINYRIG_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                           ${CMAKE_BINARY_DIR}/bench)
  target_link_libraries(${name} PRIVATE tinyrig_options ${ARG_DEPS}
                        benchmark::benchmark)
  target_compile_definitions(
    ${name} PRIVATE TINYRIG_SHARED="${TINYRIG_SHARED}"
                    TINYRIG_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                    TINYRIG_BINARY_DIR="${CMAKE_BINARY_DIR}")
endfunction()
